#include <algorithm>

#include "program.h"

namespace thalweg::test {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;
using Json = nlohmann::json;

/// A comparison that takes no time, in this folder.
Words quick(const std::string& folder, const Words& more = {}) {
  Words words{"compare",
              "--data",
              "iris",
              "--model",
              "softmax",
              "-o",
              "adam",
              "-o",
              "sgd",
              "--trials",
              "3",
              "--seeds",
              "3",
              "--epochs",
              "3",
              "--output",
              folder + "/report"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

TEST(CompareCommand, PrintsTheRankingAndWritesBothFiles) {
  const data::TemporaryFolder folder;
  const Output output = thalweg(quick(folder.path()));
  EXPECT_EQ(output.code, 0) << output.err;
  EXPECT_THAT(output.out, HasSubstr("#    optimizer  setting"));
  EXPECT_THAT(output.out, AllOf(HasSubstr("adam  "), HasSubstr("sgd  "), HasSubstr(" % ± ")));
  const std::string results = folder.path() + "/report/results.json",
                    page = folder.path() + "/report/report.html";
  EXPECT_THAT(output.out, EndsWith("\n\n" + results + "\n" + page + "\n"));
  EXPECT_EQ(output.err, "trying learning rates\njudging with other seeds\n");
  const Json json = Json::parse(file_text(results));
  EXPECT_EQ(json.at("ranking").size(), 2U);
  EXPECT_EQ(json.at("command"),
            "thalweg compare --data iris --model softmax --optimizer adam --optimizer sgd --trials 3 --seeds "
            "3 --epochs 3 "
            "--batch 32 --seed 0");
  EXPECT_THAT(file_text(page), StartsWith("<!doctype html>"));
}

TEST(CompareCommand, JsonIsOneObjectAtTheEnd) {
  const data::TemporaryFolder folder;
  const Output output = thalweg(quick(folder.path(), {"--json", "--quiet"}));
  EXPECT_EQ(output.code, 0);
  EXPECT_EQ(output.err, "");
  EXPECT_EQ(std::count(output.out.begin(), output.out.end(), '\n'), 1);
  const Json json = Json::parse(output.out),
             file = Json::parse(file_text(json.at("results").get<std::string>()));
  EXPECT_EQ(json.at("ranking"), file.at("ranking"));
  EXPECT_EQ(json.at("headline"), file.at("headline"));
  EXPECT_EQ(json.at("report"), folder.path() + "/report/report.html");
  for (const char* field :
       {"optimizer", "spec", "score_mean", "score_low", "score_high", "rank", "tied_with", "seconds"})
    EXPECT_TRUE(json.at("ranking").at(0).contains(field)) << field;
}

TEST(CompareCommand, TheCommandInTheResultsRepeatsThem) {
  const data::TemporaryFolder one, two;
  ASSERT_EQ(thalweg(quick(one.path(), {"--seed", "7", "--threads", "1"})).code, 0);
  const Json first = Json::parse(file_text(one.path() + "/report/results.json"));
  std::istringstream text(first.at("command").get<std::string>());
  std::string program, word;
  text >> program;
  Words words;
  while (text >> word) words.push_back(word);
  words.insert(words.end(), {"--output", two.path() + "/again", "--threads", "3"});
  ASSERT_EQ(thalweg(words).code, 0);
  const Json again = Json::parse(file_text(two.path() + "/again/results.json"));
  EXPECT_EQ(again.at("data"), first.at("data"));
  for (std::size_t i = 0; i < 2; ++i) {
    Json a = first.at("ranking").at(i), b = again.at("ranking").at(i);
    a.erase("seconds");
    b.erase("seconds");
    EXPECT_EQ(a, b);
  }
}

TEST(CompareCommand, FitsTheTerminal) {
  const data::TemporaryFolder folder;
  const Output output = thalweg(quick(folder.path(), {"--quiet"}), {{"COLUMNS", "60"}});
  std::istringstream lines(output.out.substr(0, output.out.find("\n\n/")));
  for (std::string line; std::getline(lines, line);) {
    const auto columns =
        std::count_if(line.begin(), line.end(), [](char c) { return (c & '\xC0') != '\x80'; });
    EXPECT_LE(columns, 60) << line;
  }
}

TEST(CompareCommand, WhereEverythingDivergesItSaysSo) {
  const data::TemporaryFolder folder;
  const Output output = thalweg({"compare", "-d", "digits", "-o", "sgd:lr=1e6", "--epochs", "1", "--seeds",
                                 "2", "--output", folder.path()});
  EXPECT_EQ(output.code, 1);
  EXPECT_THAT(output.out, AllOf(HasSubstr("every trial diverged"), Not(HasSubstr("nan"))));
  const Json json = Json::parse(file_text(folder.path() + "/results.json"));
  EXPECT_EQ(json.at("ranking").at(0).at("score_mean"), nullptr);
  EXPECT_GE(json.at("optimizers").at(0).at("trials").at(0).at("diverged_step").get<int>(), 1);
}

TEST(CompareCommand, MistakesEndItBeforeAnyWork) {
  const data::TemporaryFolder folder;
  const Output unknown = thalweg(quick(folder.path(), {"-o", "adma"}));
  EXPECT_EQ(unknown.code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("did you mean 'adam'"));
  EXPECT_EQ(thalweg(quick(folder.path(), {"-o", "adam"})).code, 2) << "given twice";
  EXPECT_THAT(thalweg(quick(folder.path(), {"--trials", "0"})).err, HasSubstr("trials"));

  const std::string file = folder.file("taken", "");
  const Output taken = thalweg({"compare", "--output", file});
  EXPECT_EQ(taken.code, 3);
  EXPECT_THAT(taken.err, HasSubstr("taken"));
}

}  // namespace
}  // namespace thalweg::test
