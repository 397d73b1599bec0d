#include <cmath>
#include <filesystem>

#include "program.h"

namespace thalweg::test::minimize_test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(Minimize, ReportsWhyItStopped) {
  const Output output =
      thalweg({"minimize", "parabola", "--optimizer", "sgd:lr=0.25", "--tolerance", "1e-3"});
  EXPECT_EQ(output.code, 0);
  EXPECT_EQ(output.err, "");
  EXPECT_THAT(output.out, AllOf(HasSubstr("gradient tolerance reached"), HasSubstr("sgd:lr=0.25"),
                                HasSubstr("The minimum of parabola is 0")));
}

TEST(Minimize, HasJsonWithEverything) {
  const auto json =
      json_of(thalweg({"minimize", "parabola", "--optimizer", "sgd:lr=0.25", "--steps", "3", "--json"}));
  EXPECT_EQ(json.at("problem"), "parabola");
  EXPECT_EQ(json.at("optimizer"), "sgd:lr=0.25");
  EXPECT_EQ(json.at("steps"), 3);
  EXPECT_EQ(json.at("reason"), "step limit reached");
  EXPECT_EQ(json.at("converged"), false);
  EXPECT_EQ(json.at("reached"), true);  // nothing was asked for
  EXPECT_EQ(json.at("start").at("x").at(0), 6);
  EXPECT_EQ(json.at("last").at("x").at(0), 0.75);  // halved thrice
  EXPECT_EQ(json.at("last").at("value"), 0.5625);
  EXPECT_EQ(json.at("minimum"), 0);
  for (const char* field : {"why", "evaluations", "best", "seconds", "isa", "dimension"})
    EXPECT_TRUE(json.contains(field)) << field;
}

TEST(Minimize, ExitsWithOneIfWhatWasAskedIsMissed) {
  const Words steps{"minimize", "parabola", "--optimizer", "sgd:lr=0.25", "--steps", "3"};
  const auto with = [&](const Words& more) {
    Words words = steps;
    words.insert(words.end(), more.begin(), more.end());
    return thalweg(words).code;
  };
  EXPECT_EQ(with({}), 0);
  EXPECT_EQ(with({"--target", "0.6"}), 0);
  EXPECT_EQ(with({"--target", "0.5"}), 1);
  EXPECT_EQ(with({"--tolerance", "1.5"}), 0);
  EXPECT_EQ(with({"--tolerance", "1.4"}), 1);
  EXPECT_EQ(with({"--tolerance", "1.5", "--target", "0.5"}), 1);
}

TEST(Minimize, ReportsDivergenceAsSuchAndNeverAsANumber) {
  const Words words{"minimize", "parabola", "--optimizer", "sgd:lr=1.5"};
  const Output output = thalweg(words);
  EXPECT_EQ(output.code, 1);
  EXPECT_THAT(output.out, HasSubstr("diverged"));
  Words with_json = words;
  with_json.emplace_back("--json");
  const Output json_output = thalweg(with_json);
  EXPECT_EQ(json_output.code, 1);
  const auto json = json_of(json_output);
  EXPECT_EQ(json.at("reason"), "diverged");
  EXPECT_TRUE(json.at("last").at("value").is_null());
  EXPECT_EQ(json.at("best").at("value"), 36);
}

TEST(Minimize, TakesAnotherStartAndDimension) {
  const auto best = [](const Words& more) {
    Words words{"minimize", "ravine", "--optimizer", "sgd:lr=0", "--steps", "1", "--json"};
    words.insert(words.end(), more.begin(), more.end());
    return json_of(thalweg(words));
  };
  EXPECT_EQ(best({"--start", "-1.5,2e-1"}).at("start").at("x"), nlohmann::json({-1.5, 0.2}));
  EXPECT_EQ(best({"--start", "1,2,3"}).at("dimension"), 3);
  EXPECT_EQ(best({"--dimension", "7"}).at("start").at("x").size(), 7U);
  EXPECT_EQ(thalweg({"minimize", "ravine", "--dimension", "2", "--start", "1,2,3"}).code, 2);
}

TEST(Minimize, FollowsSchedulesAndTransforms) {
  // From 6 the gradient 12 is clipped to 2: the steps are 0.5 · 2 and then, at half the rate, 0.25 · 2.
  const auto json =
      json_of(thalweg({"minimize", "parabola", "--optimizer", "sgd:lr=0.5", "--steps", "2", "--transform",
                       "clip_norm:max=2", "--schedule", "lr=step:every=1,gamma=0.5", "--json"}));
  EXPECT_EQ(json.at("last").at("x").at(0), 4.5);
}

TEST(Minimize, SeedsTheNoiseThatHasNoSeedOfItsOwn) {
  const auto value = [](const std::string& seed, const std::string& noise) {
    return json_of(thalweg({"minimize", "parabola", "--optimizer", "sgd", "--steps", "2", "--json", "--seed",
                            seed, "--transform", noise}))
        .at("last")
        .at("value");
  };
  EXPECT_EQ(value("1", "noise"), value("1", "noise"));
  EXPECT_NE(value("1", "noise"), value("2", "noise"));
  EXPECT_EQ(value("1", "noise:seed=5"), value("2", "noise:seed=5"));
  EXPECT_EQ(value("5", "noise"), value("2", "noise:seed=5"));
}

TEST(Minimize, WritesThePath) {
  const data::TemporaryFolder folder;
  const std::string path = folder.path() + "/path.csv";
  EXPECT_EQ(
      thalweg({"minimize", "parabola", "--optimizer", "sgd:lr=0.25", "--steps", "2", "--trace", path}).code,
      0);
  EXPECT_EQ(file_text(path), "step,value,gradient_norm,x1\n0,36,12,6\n1,9,6,3\n2,2.25,3,1.5\n");
  const Output bad = thalweg({"minimize", "parabola", "--trace", folder.path() + "/missing/path.csv"});
  EXPECT_EQ(bad.code, 3);
  EXPECT_THAT(bad.err, HasSubstr("/missing"));
}

TEST(Minimize, ChecksTheGradient) {
  const Output output = thalweg({"minimize", "ackley", "--check-gradient"});
  EXPECT_EQ(output.code, 0);
  EXPECT_THAT(output.out, HasSubstr("passes"));
  const auto json = json_of(thalweg({"minimize", "ackley", "--check-gradient", "--json"}));
  EXPECT_EQ(json.at("passes"), true);
  EXPECT_EQ(json.at("checked"), 2);
}

TEST(Minimize, TakesAFormulaInsteadOfAProblem) {
  const Words words{"minimize",    "--function", "(x - 1)^2 + 4*(z + 2)^2 + y^2", "--optimizer", "sgd:lr=0.1",
                    "--tolerance", "1e-6"};
  const Output output = thalweg(words);
  EXPECT_EQ(output.code, 0) << output.err;
  EXPECT_THAT(output.out, HasSubstr("gradient by central differences"));
  Words with_json = words;
  with_json.insert(with_json.end(), {"--start", "3,0,0", "--json"});
  const auto json = json_of(thalweg(with_json));
  EXPECT_EQ(json.at("function"), words[2]);
  EXPECT_EQ(json.at("dimension"), 3);
  EXPECT_EQ(json.at("start").at("x"), nlohmann::json({3, 0, 0}));
  EXPECT_NEAR(json.at("last").at("x").at(0).get<double>(), 1, 1e-6);
  EXPECT_NEAR(json.at("last").at("x").at(2).get<double>(), -2, 1e-6);
  EXPECT_TRUE(json.at("minimum").is_null());
}

TEST(Minimize, FormulasThatAreWrongAreErrors) {
  const auto error = [](const Words& more) {
    Words words{"minimize"};
    words.insert(words.end(), more.begin(), more.end());
    const Output output = thalweg(words);
    EXPECT_EQ(output.code, 2);
    EXPECT_EQ(output.out, "");
    return output.err;
  };
  EXPECT_THAT(error({}), HasSubstr("PROBLEM is missing"));
  EXPECT_THAT(error({"parabola", "--function", "x^2"}), HasSubstr("exclude each other"));
  EXPECT_THAT(error({"--function", "x^2 + cot(y)"}), HasSubstr("unknown 'cot' at column 7"));
  EXPECT_THAT(error({"--function", "x^2 + y", "--start", "1"}), HasSubstr("unknown 'y' at column 7"));
  EXPECT_THAT(error({"--function", "x^2", "--start", "1,2", "--dimension", "3"}),
              HasSubstr("must have 3 numbers"));
  EXPECT_THAT(error({"--function", "x^2", "--check-gradient"}), HasSubstr("differences itself"));
  EXPECT_THAT(error({"--function", "ln(x - 2)"}), HasSubstr("must be finite"));
}

TEST(Minimize, SaysTheSameWithEveryNumberOfThreads) {
  const auto point = [](const std::string& threads) {
    return json_of(thalweg({"minimize", "rosenbrock", "--dimension", "50", "--steps", "100", "--json",
                            "--threads", threads}))
        .at("last")
        .at("x");
  };
  EXPECT_EQ(point("1"), point("3"));
}

}  // namespace
}  // namespace thalweg::test::minimize_test
