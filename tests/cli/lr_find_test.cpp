// lr-find as a program: what it says, in which language and width, what it writes, and what it refuses.

#include "program.h"

namespace thalweg::test::lr_find_test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const Words iris{"lr-find", "--data", "iris", "--model", "softmax", "--optimizer", "sgd", "--epochs", "10"};

Words with(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

TEST(LrFind, SaysWhatToTryAndHowToTrainWithIt) {
  const Output output = thalweg(iris);
  EXPECT_EQ(output.code, 0) << output.err;
  const auto json = json_of(thalweg(with(iris, {"--json", "-q"})));
  const std::string rate = json.at("optimizer").get<std::string>().substr(std::string("sgd:lr=").size());
  EXPECT_THAT(output.out, StartsWith("Try sgd:lr=" + rate + ".\n"));
  EXPECT_THAT(output.out, HasSubstr("▲ " + rate));
  EXPECT_THAT(output.out,
              HasSubstr("thalweg train --optimizer sgd:lr=" + rate + " --data iris --model softmax"));
  EXPECT_EQ(std::stod(rate), json.at("suggestion").get<double>());
  EXPECT_EQ(json.at("runs").size(), 5U);
  EXPECT_EQ(json.at("mean").at("rates").size(), json.at("mean").at("smoothed").size());
  EXPECT_EQ(json.at("command"), "thalweg lr-find --optimizer sgd --data iris --model softmax --epochs 10");
}

TEST(LrFind, FitsEveryWidth) {
  for (const char* width : {"60", "80", "200"}) {
    const Output output = thalweg(iris, {{"COLUMNS", width}});
    for (const std::string& line : lines_of(output.out))
      EXPECT_LE(columns_of(line), std::stoul(width)) << line;
  }
}

TEST(LrFind, SpeaksChinese) {
  const Output output = thalweg(with(iris, {"--lang", "zh-Hant"}));
  EXPECT_THAT(output.out, StartsWith("試試 sgd:lr="));
  EXPECT_THAT(output.out, HasSubstr("用它訓練"));
  EXPECT_THAT(output.out, Not(HasSubstr("smoothed")));
}

TEST(LrFind, WritesOnePage) {
  const data::TemporaryFolder folder;
  const std::string file = folder.path() + "/test.html";
  const Output output = thalweg(with(iris, {"--html", file, "--repeats", "2"}));
  EXPECT_EQ(output.code, 0) << output.err;
  const std::string page = file_text(file);
  EXPECT_THAT(page, HasSubstr("<title>thalweg lr-find: sgd:lr="));
  EXPECT_THAT(page, HasSubstr("\"kind\":\"lr_find\""));
  EXPECT_THAT(page, Not(HasSubstr("http://localhost")));
}

TEST(LrFind, ExitsWithOneWhereNothingFalls) {
  const Output output = thalweg(with(iris, {"--low", "1e-9", "--high", "1e-8"}));
  EXPECT_EQ(output.code, 1);
  EXPECT_THAT(output.out, StartsWith("No learning rate between 1e-09 and 1e-08"));
  EXPECT_THAT(output.out, Not(HasSubstr("Train with it")));
}

TEST(LrFind, RefusesWhatItCannotHonour) {
  const auto error = [](const Words& more) {
    const Output output = thalweg(with(iris, more));
    EXPECT_EQ(output.code, 2);
    return output.err;
  };
  EXPECT_THAT(error({"--low", "1", "--high", "0.5"}), HasSubstr("high = 0.5: must be over low, 1"));
  EXPECT_THAT(error({"--schedule", "cosine"}), HasSubstr("must not be of lr"));
  EXPECT_THAT(error({"--lang", "tlh"}), HasSubstr("--lang = tlh"));
  EXPECT_THAT(error({"--repeat", "2"}), HasSubstr("--repeats"));
  EXPECT_THAT(thalweg({"lr-find", "--optimizer", "dog"}).err, HasSubstr("finds its own"));
}

}  // namespace
}  // namespace thalweg::test::lr_find_test
