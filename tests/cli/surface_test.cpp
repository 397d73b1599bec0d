#include <filesystem>

#include "program.h"

namespace thalweg::test::surface_test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Surface, ShowsPathsAndWhatHappened) {
  const Output output =
      thalweg({"surface", "ravine", "-o", "momentum:lr=0.005", "-o", "sgd:lr=0.03", "--lang", "en"});
  EXPECT_EQ(output.code, 0);
  EXPECT_THAT(output.out,
              AllOf(HasSubstr("Ravine: momentum reached the minimum; sgd diverged."), HasSubstr("aaa"),
                    HasSubstr("bbb"), HasSubstr("sgd:lr=0.03"), HasSubstr("from the minimum")));
  EXPECT_EQ(output.out.find("rate"), std::string::npos);  // none was searched
}

TEST(Surface, SaysWhichRatesItFound) {
  const Output output = thalweg({"surface", "matyas", "-o", "sgd", "--lang", "en", "--steps", "50"});
  EXPECT_THAT(output.out, AllOf(HasSubstr("sgd:lr="), HasSubstr("26 were tried")));
  EXPECT_EQ(output.err, "drawing sgd\n");
  EXPECT_THAT(thalweg({"surface", "matyas", "-o", "sgd", "-q"}).out, Not(HasSubstr("26 were tried")));
}

TEST(Surface, FitsEveryTerminalAndPipe) {
  for (const int width : {60, 80, 120}) {
    for (const Words& what : {Words{"rosenbrock"},
                              {"--function", "1e-9*x^2 + 1e9*y^2", "--start", "1e5,1"},
                              {"--data", "iris", "--model", "softmax"}}) {
      Words words{"surface", "--quick", "--steps", "30", "--lang", "en"};
      words.insert(words.end(), what.begin(), what.end());
      expect_fits(thalweg(words, {{"COLUMNS", std::to_string(width)}}), width, what.back());
    }
  }
}

TEST(Surface, ColoursOnATerminalOnly) {
  const Words words{"surface", "ravine", "-o", "adam:lr=0.1", "--quick", "-q"};
  EXPECT_THAT(thalweg_on_terminal(words, 80).out, HasSubstr("\x1b[94m"));
  EXPECT_THAT(thalweg_on_terminal(words, 80, {{"NO_COLOR", "1"}}).out,
              AllOf(Not(HasSubstr("\x1b[9")), HasSubstr("aaa")));
}

TEST(Surface, SpeaksThreeLanguages) {
  const Words words{"surface", "ravine", "-o", "momentum:lr=0.005", "-q"};
  const auto in = [&](const char* language) { return thalweg(words, {{"LC_ALL", language}}).out; };
  EXPECT_THAT(in("zh_TW.UTF-8"), HasSubstr("到達最小值"));
  EXPECT_THAT(in("zh_CN.UTF-8"), HasSubstr("到达最小值"));
  EXPECT_THAT(in("C"), HasSubstr("reached the minimum"));
}

TEST(Surface, HasJsonWithEverything) {
  const auto json = json_of(
      thalweg({"surface", "--function", "x^2 + 20*y^2", "-o", "sgd:lr=0.01", "--steps", "2", "--start", "8,1",
               "--grid", "3", "--x-range", "-8..8", "--y-range=-2..2", "--json", "-q"}));
  EXPECT_EQ(json.at("kind"), "surface");
  EXPECT_EQ(json.at("title"), "x^2 + 20*y^2");
  EXPECT_EQ(json.at("values"), nlohmann::json({144, 80, 144, 64, 0, 64, 144, 80, 144}));
  EXPECT_EQ(json.at("x"), nlohmann::json({-8, 8}));
  const auto& path = json.at("paths").at(0);
  EXPECT_EQ(path.at("step"), nlohmann::json({0, 1, 2}));
  EXPECT_NEAR(path.at("x").at(1).get<double>(), 7.84, 1e-8);
  EXPECT_NEAR(path.at("y").at(2).get<double>(), 0.36, 1e-8);
  EXPECT_EQ(json.at("command"),
            "thalweg surface --function 'x^2 + 20*y^2' --optimizer sgd:lr=0.01 --start 8,1 --steps 2 --grid "
            "3 --x-range -8..8 --y-range -2..2");
}

TEST(Surface, WritesWhatItIsAskedFor) {
  const data::TemporaryFolder folder;
  const std::string html = folder.path() + "/a.html", svg = folder.path() + "/a.svg",
                    all = folder.path() + "/all";
  const Output output = thalweg({"surface", "booth", "-o", "adam:lr=0.5", "--quick", "--steps", "40",
                                 "--html", html, "--svg", svg, "-q"});
  EXPECT_EQ(output.code, 0) << output.err;
  EXPECT_THAT(output.out, AllOf(HasSubstr(html), HasSubstr(svg)));
  EXPECT_THAT(file_text(html), AllOf(HasSubstr("<!doctype html>"), HasSubstr("Booth")));
  EXPECT_THAT(file_text(svg), AllOf(HasSubstr("<svg"), HasSubstr("adam:lr=0.5")));
  EXPECT_EQ(thalweg({"surface", "booth", "-o", "adam:lr=0.5", "--quick", "--output", all, "-q"}).code, 0);
  for (const char* name : {"surface.json", "surface.html", "surface.svg"})
    EXPECT_TRUE(std::filesystem::exists(all + "/" + name)) << name;
  EXPECT_EQ(thalweg({"surface", "booth", "-q", "--quick", "--html", folder.path() + "/missing/a.html"}).code,
            3);
}

TEST(Surface, NoiseDependsOnTheSeed) {
  const auto end = [](const std::string& seed) {
    return json_of(thalweg({"surface", "matyas", "-o", "sgd:lr=0.1", "--noise", "1", "--seed", seed,
                            "--steps", "20", "--grid", "5", "--json", "-q"}))
        .at("paths")
        .at(0)
        .at("x")
        .back();
  };
  EXPECT_EQ(end("1"), end("1"));
  EXPECT_NE(end("1"), end("2"));
}

TEST(Surface, DrawsASliceOfAModelsLoss) {
  const Words words{"surface",  "--data", "iris",   "--model", "mlp:3",  "-o", "adam:lr=0.05", "-o", "sgd",
                    "--epochs", "3",      "--grid", "7",       "--json", "-q"};
  const auto json = json_of(thalweg(words));
  EXPECT_EQ(json.at("slice").at("model"), "mlp:3");
  EXPECT_EQ(json.at("paths").size(), 2U);
  EXPECT_EQ(json.at("values").size(), 49U);
  EXPECT_EQ(json.at("paths").at(0).at("end"), "finished");
  Words threads = words;
  threads.insert(threads.end(), {"--threads", "1"});
  EXPECT_EQ(json_of(thalweg(threads)).at("values"), json.at("values"));
}

TEST(Surface, SaysWhatIsWrong) {
  const auto error = [](const Words& more) {
    Words words{"surface"};
    words.insert(words.end(), more.begin(), more.end());
    const Output output = thalweg(words);
    EXPECT_EQ(output.code, 2) << output.err;
    EXPECT_EQ(output.out, "");
    return output.err;
  };
  EXPECT_THAT(error({"rosenbrok"}), HasSubstr("did you mean 'rosenbrock'?"));
  EXPECT_THAT(error({"--function", "x^2 + 20*q"}), HasSubstr("unknown 'q' at column 10"));
  EXPECT_THAT(error({"--function", "x + z"}), HasSubstr("unknown 'z'"));
  EXPECT_THAT(error({"ravine", "--function", "x"}), HasSubstr("exclude each other"));
  EXPECT_THAT(error({"ravine", "-o", "sgdd"}), HasSubstr("did you mean 'sgd'?"));
  EXPECT_THAT(error({"ravine", "--x-range", "2..1"}), AllOf(HasSubstr("range"), HasSubstr("2..1")));
  EXPECT_THAT(error({"ravine", "--x-range", "2"}), HasSubstr("-2..2"));
  EXPECT_THAT(error({"ravine", "--start", "1,2,3"}), HasSubstr("two"));
  EXPECT_THAT(error({"--data", "iris", "--start", "1,2"}), HasSubstr("--start"));
  EXPECT_THAT(error({"--data", "iris", "--model", "linear"}), HasSubstr("linear"));
  EXPECT_THAT(error({"ravine", "--lang", "klingon"}), HasSubstr("--lang"));
}

TEST(Surface, AProblemOfAnyDimensionIsDrawnInTwo) {
  EXPECT_EQ(thalweg({"surface", "parabola", "-o", "sgd:lr=0.1", "--quick", "-q"}).code, 0);
}

}  // namespace
}  // namespace thalweg::test::surface_test
