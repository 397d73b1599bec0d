// list and explain: what they tell, and that it fits.

#include <cmath>

#include "program.h"

namespace thalweg::test::explain_test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* escape = "\x1b[";

/// The names of a kind, as `list` has them.
Words names_of(const std::string& kind) {
  Words names;
  const auto json = json_of(thalweg({"list", kind, "--json"}));
  for (const auto& entry : json.at(kind)) names.push_back(entry.at("name"));
  return names;
}

Words all_names() {
  Words all;
  const auto json = json_of(thalweg({"list", "--json"}));
  for (const auto& [kind, entries] : json.items()) {
    for (const auto& entry : entries) all.push_back(entry.at("name"));
  }
  return all;
}

TEST(List, HasEveryGroup) {
  const Output list = thalweg({"list"});
  EXPECT_EQ(list.code, 0);
  for (const char* line : {"Optimizers\n", "\n  adam ", "Kingma & Ba 2015", "\n  cosine ", "\n  clip_norm ",
                           "\n  rosenbrock ", "\n  digits ", "\n  mlp:UNITS"})
    EXPECT_THAT(list.out, HasSubstr(line));
  const auto json = json_of(thalweg({"list", "--json"}));
  EXPECT_GE(json.at("optimizers").size(), 14U);
  EXPECT_EQ(json.at("schedules").size(), 12U);
  EXPECT_EQ(json.at("transforms").size(), 5U);
  EXPECT_EQ(json.at("problems").size(), 16U);
  EXPECT_EQ(json.at("data").size(), 6U);
  EXPECT_EQ(json.at("models").size(), 4U);
}

TEST(List, OfOneGroupHasNoOther) {
  const Output list = thalweg({"list", "transforms", "--quiet"});
  const Words lines = lines_of(list.out);
  EXPECT_EQ(lines.size(), 6U) << list.out;
  EXPECT_EQ(lines[0], "Transforms of the gradient or the parameters");
  const auto json = json_of(thalweg({"list", "optimizers", "--json"}));
  ASSERT_EQ(json.size(), 1U);
  for (const auto& entry : json.at("optimizers")) {
    for (const char* field : {"name", "title", "paper", "idea"}) EXPECT_NE(entry.at(field), "") << entry;
    EXPECT_EQ(entry.at("keys").at(0), "lr");
    EXPECT_EQ(entry.at("like").at(0), "paper");
  }
}

TEST(Width, IsRespectedByListAndExplain) {
  Words all = all_names();
  EXPECT_GE(all.size(), 57U);
  all.insert(all.end(),
             {"warmup:steps=500 | cosine:steps=9500,final=1e-3", "rmsprop:centered=true,momentum=0.9",
              "aggmo:betas=[0,0.5,0.75,0.9,0.95,0.99,0.999,0.9999]", "mlp:128,64"});
  for (const char* columns : {"60", "80"}) {
    const int limit = std::atoi(columns);
    expect_fits(thalweg({"list"}, {{"COLUMNS", columns}}), limit, "list");
    for (const std::string& name : all) {
      const Output text = thalweg({"explain", name}, {{"COLUMNS", columns}});
      EXPECT_EQ(text.code, 0) << name << text.err;
      expect_fits(text, limit, name);
    }
  }
  expect_fits(thalweg({"explain", "rosenbrock", "--latex"}, {{"COLUMNS", "60"}}), 60, "latex");
}

TEST(Width, WithoutColumnsAPipeHasEighty) {
  EXPECT_EQ(thalweg({"explain", "adam"}).out, thalweg({"explain", "adam"}, {{"COLUMNS", "80"}}).out);
  EXPECT_NE(thalweg({"explain", "adam"}).out, thalweg({"explain", "adam"}, {{"COLUMNS", "60"}}).out);
  EXPECT_EQ(thalweg({"explain", "adam"}).out, thalweg({"explain", "adam"}, {{"COLUMNS", "wide"}}).out);
}

TEST(Width, OfATerminalIsItsOwn) {
  const Output narrow = thalweg_on_terminal({"explain", "adam"}, 60, {{"NO_COLOR", "1"}});
  std::string lines = narrow.out;
  lines.erase(std::remove(lines.begin(), lines.end(), '\r'), lines.end());
  EXPECT_EQ(lines, thalweg({"explain", "adam"}, {{"COLUMNS", "60"}}).out);
}

TEST(Color, IsForTerminalsThatWantIt) {
  EXPECT_THAT(thalweg_on_terminal({"list"}, 80).out, HasSubstr(escape));
  EXPECT_THAT(thalweg_on_terminal({"list"}, 80, {{"NO_COLOR", "1"}}).out, Not(HasSubstr(escape)));
  EXPECT_THAT(thalweg_on_terminal({"list"}, 80, {{"TERM", "dumb"}}).out, Not(HasSubstr(escape)));
  EXPECT_THAT(thalweg({"list"}).out, Not(HasSubstr(escape)));
}

TEST(Columns, AreAlignedAfterGreekLetters) {
  const Words lines = lines_of(thalweg({"explain", "adam"}).out);
  int column = -1;
  for (const std::string& line : lines) {
    for (const char* accepted : {"at least 0  ", "in [0, 1)  "}) {
      const std::size_t at = line.find(accepted);
      if (at == line.npos) continue;
      const int here = columns_of(line.substr(0, at));
      if (column < 0) column = here;
      EXPECT_EQ(here, column) << line;
    }
  }
  EXPECT_GT(column, 0);
}

TEST(Explain, WorksOutTheNumbersOfTheText) {
  // Text 004: from 6 with a rate of 0.6 to −1.2 and 0.24.
  const auto rows = json_of(thalweg({"explain", "sgd:lr=0.6", "--json"})).at("worked").at("rows");
  EXPECT_THAT(rows.at("x").get<std::vector<double>>(),
              ElementsAre(6, ::testing::DoubleNear(-1.2, 1e-15), ::testing::DoubleNear(0.24, 1e-15)));
  EXPECT_THAT(rows.at("g = 2x").get<std::vector<double>>(),
              ElementsAre(12, ::testing::DoubleNear(-2.4, 1e-14), ::testing::DoubleNear(0.48, 1e-15)));
  EXPECT_THAT(thalweg({"explain", "sgd:lr=0.6"}).out,
              AllOf(HasSubstr("new x    -1.2   0.24  -0.048\n"), HasSubstr("here: sgd:lr=0.6\n")));
}

TEST(Explain, ShowsEachSlotAsThePaperSays) {
  const auto rows = json_of(thalweg({"explain", "adam:lr=0.1", "--json"})).at("worked").at("rows");
  double m = 0, v = 0, x = 6;
  for (std::size_t t = 1; t <= 3; ++t) {
    const double g = 2 * x, power = static_cast<double>(t);
    EXPECT_NEAR(rows.at("x").at(t - 1).get<double>(), x, 1e-14);
    m = 0.9 * m + 0.1 * g;
    v = 0.999 * v + 0.001 * g * g;
    x -= 0.1 * (m / (1 - std::pow(0.9, power))) / (std::sqrt(v / (1 - std::pow(0.999, power))) + 1e-8);
    EXPECT_NEAR(rows.at("m").at(t - 1).get<double>(), m, 1e-14);
    EXPECT_NEAR(rows.at("v").at(t - 1).get<double>(), v, 1e-14);
    EXPECT_NEAR(rows.at("new x").at(t - 1).get<double>(), x, 1e-14);
  }
}

TEST(Explain, TakesTheGradientWhereTheRuleWantsIt) {
  const auto rows =
      json_of(thalweg({"explain", "nesterov:lr=0.1,momentum=0.5", "--json"})).at("worked").at("rows");
  // v1 = 1.2, x1 = 4.8; ahead 4.8 − 0.6 = 4.2, g = 8.4, v2 = 0.6 + 0.84 = 1.44, x2 = 3.36.
  EXPECT_NEAR(rows.at("x ahead").at(1).get<double>(), 4.2, 1e-14);
  EXPECT_NEAR(rows.at("g = 2·ahead").at(1).get<double>(), 8.4, 1e-14);
  EXPECT_NEAR(rows.at("v").at(1).get<double>(), 1.44, 1e-14);
  EXPECT_NEAR(rows.at("new x").at(1).get<double>(), 3.36, 1e-14);
  EXPECT_THAT(thalweg({"explain", "nesterov:form=torch"}).out,
              AllOf(Not(HasSubstr("x ahead")), HasSubstr("The formula is that of the default form")));
  EXPECT_THAT(thalweg({"explain", "nesterov:lr=1"}).out, Not(HasSubstr("default form")));
}

/// With single spaces in place of every gap and line break.
std::string squeezed(const std::string& text) {
  std::istringstream stream(text);
  std::string all, word;
  while (stream >> word) all += word + " ";
  return all;
}

TEST(Explain, HasEverythingThatIsKnownOfAnOptimizer) {
  for (const std::string& name : names_of("optimizers")) {
    const auto json = json_of(thalweg({"explain", name, "--json"}));
    EXPECT_EQ(json.at("kind"), "optimizer");
    EXPECT_EQ(json.at("name"), name);
    EXPECT_EQ(json.at("worked").at("columns").size(), 3U);
    EXPECT_EQ(json.at("worked").at("rows").size(),
              3 + json.at("slots").size() + json.at("carried").size() +
                  (json.at("worked").at("rows").contains("x ahead") ? 1 : 0));
    const std::string text = thalweg({"explain", name}, {{"COLUMNS", "200"}}).out;
    for (const auto& line : json.at("formula")) {
      EXPECT_THAT(text, HasSubstr(line.at("text").get<std::string>()));
      EXPECT_THAT(squeezed(thalweg({"explain", name, "--latex"}).out),
                  HasSubstr(squeezed(line.at("latex").get<std::string>())));
    }
    for (const auto& key : json.at("keys")) {
      for (const char* field : {"name", "default", "meaning"})  // a long meaning is broken into lines
        EXPECT_THAT(text, HasSubstr(key.at(field).get<std::string>().substr(0, 10))) << name;
      EXPECT_EQ(key.at("value"), key.at("default")) << name;
    }
  }
}

// dog:r_eps=1 on x²: r = 1 + 6 and G = 12² give a first step of 7; then r stays 7 and G grows by (2·−1)².
TEST(Explain, ShowsWhatIsCarriedFromStepToStep) {
  const auto json = json_of(thalweg({"explain", "dog:r_eps=1", "--json"}));
  EXPECT_EQ(json.at("carried").at(1).at("name"), "G");
  const auto& rows = json.at("worked").at("rows");
  EXPECT_THAT(rows.at("G").get<std::vector<double>>(), ElementsAre(144, 148, ::testing::Ge(148)));
  EXPECT_EQ(rows.at("r").at(1), 7);
  EXPECT_EQ(rows.at("new x").at(0), -1);
  const std::string text = thalweg({"explain", "dog"}).out;
  EXPECT_THAT(text, AllOf(HasSubstr("Carried from step to step, one number for all parameters each\n"),
                          HasSubstr("thalweg minimize ravine --optimizer dog\n")));
  EXPECT_THAT(thalweg({"explain", "adam"}).out, Not(HasSubstr("Carried")));
}

TEST(Explain, ShowsSettingsBesideDefaults) {
  const auto json = json_of(thalweg({"explain", "adam:lr=0.1,like=keras", "--json"}));
  EXPECT_EQ(json.at("specification"), "adam:lr=0.1,eps=1e-07,eps_placement=hat");
  EXPECT_EQ(json.at("keys").at(0).at("value"), "0.1");
  EXPECT_EQ(json.at("keys").at(0).at("default"), "0.001");
  EXPECT_THAT(thalweg({"explain", "adam:lr=0.1,like=keras"}).out, HasSubstr("  here   default"));
}

TEST(Explain, DrawsASchedule) {
  const Output text = thalweg({"explain", "linear:steps=100"});
  EXPECT_THAT(text.out, AllOf(HasSubstr("  1 ┤█"), HasSubstr("\n  0 ┤█"), HasSubstr("Over the steps\n")));
  const auto json = json_of(thalweg({"explain", "linear:steps=100", "--json"}));
  EXPECT_EQ(json.at("curve").at("steps"), 100);
  const auto values = json.at("curve").at("values").get<std::vector<double>>();
  EXPECT_EQ(values.front(), 1);
  EXPECT_NEAR(values.back(), 0.01, 1e-15);
  EXPECT_TRUE(std::is_sorted(values.rbegin(), values.rend()));
  EXPECT_EQ(
      json_of(thalweg({"explain", "warmup:steps=5 | linear:steps=20", "--json"})).at("curve").at("steps"),
      25);
}

TEST(Explain, PicksTheKindOfANameThatHasTwo) {
  EXPECT_THAT(thalweg({"explain", "plateau"}).out,
              AllOf(StartsWith("Reduce on plateau (schedule)\n"),
                    HasSubstr("thalweg explain plateau --kind problem")));
  EXPECT_THAT(thalweg({"explain", "plateau", "--kind", "problem"}).out, HasSubstr("(problem)\n"));
  EXPECT_THAT(thalweg({"explain", "linear", "--kind", "model"}).out, StartsWith("linear (model)\n"));
}

TEST(Explain, KnowsProblemsTransformsModelsAndData) {
  const auto facts = json_of(thalweg({"explain", "rosenbrock", "--json"})).at("facts");
  EXPECT_EQ(facts.at("start"), "(-1.2, 1)");
  EXPECT_EQ(facts.at("value there"), "24.2");
  EXPECT_EQ(facts.at("minimum"), "0");
  const auto rows = json_of(thalweg({"explain", "clip_norm:max=1", "--json"})).at("worked").at("rows");
  EXPECT_THAT(rows.at("new g").get<std::vector<double>>(),
              ElementsAre(::testing::DoubleNear(0.6, 1e-15), ::testing::DoubleNear(-0.8, 1e-15)));
  EXPECT_EQ(json_of(thalweg({"explain", "mlp:128,64", "--json"})).at("specification"), "mlp:128,64");
  EXPECT_EQ(json_of(thalweg({"explain", "digits", "--json"})).at("facts").at("examples"), "1797");
}

// The commands that the explanations suggest are themselves right.
TEST(Explain, SuggestsCommandsThatRun) {
  for (const std::string& name : names_of("optimizers")) {
    const auto json = json_of(thalweg({"explain", name, "--json"}));
    std::istringstream stream(json.at("examples").at(0).get<std::string>());
    Words words{std::istream_iterator<std::string>(stream), {}};
    ASSERT_EQ(words.front(), "thalweg");
    words.erase(words.begin());
    EXPECT_EQ(thalweg(words).code, 0) << name;
  }
}

}  // namespace
}  // namespace thalweg::test::explain_test
