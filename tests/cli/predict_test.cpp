#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdio>

#include "data/files.h"
#include "program.h"

namespace thalweg::test::predict_test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;
using Json = nlohmann::json;

const std::string data_folder = THALWEG_SOURCE "/data/";

std::string number_after(const std::string& text, const std::string& what) {
  const std::size_t at = text.find(what);
  if (at == text.npos) return "no " + what + "in " + text;
  return text.substr(at + what.size(), text.find_first_of(",;\n ", at + what.size()) - at - what.size());
}

std::size_t files_in(const std::string& folder) {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator()));
}

struct PredictCommand : ::testing::Test {
  /// Trains a model of a bundled data set, and returns its file.
  std::string trained(const std::string& data, const std::string& model, const Words& more = {}) {
    Words words{"train", "--data", data, "--model", model, "--quiet", "--save", path("model")};
    words.insert(words.end(), more.begin(), more.end());
    const Output output = thalweg(words);
    EXPECT_EQ(output.code, 0) << output.err;
    table_ = output.out;
    return path("model");
  }
  [[nodiscard]] std::string path(const std::string& name) const { return folder.path() + "/" + name; }

  data::TemporaryFolder folder;
  std::string table_;  ///< of the scores that the training has printed
};

TEST_F(PredictCommand, TellsTheScoresThatTheTrainingHasPrinted) {
  const std::string model = trained("agaricus", "logistic", {"--json"});
  const Json training = Json::parse(table_);
  const Json sparse =
      json_of(thalweg({"predict", model, "--data", "agaricus", "--json", "--output", path("out")}));
  EXPECT_EQ(sparse.at("loss"), training.at("test_loss"));
  EXPECT_EQ(sparse.at("accuracy"), training.at("test_accuracy"));
  EXPECT_EQ(sparse.at("rows"), 1611);
  EXPECT_EQ(training.at("saved"), model);
  const std::string table = data_folder + "diabetes/diabetes.csv";
  trained(table, "mlp:8", {"--test", table, "--task", "regression"});
  const Output dense =
      thalweg({"predict", model, "--data", table, "--output", path("out")}, {{"COLUMNS", "200"}});
  const std::string loss = number_after(dense.out, "loss "), rmse = number_after(dense.out, "rmse ");
  EXPECT_THAT(table_, testing::ContainsRegex("  test +" + loss + " +" + rmse + "\n"));
}

TEST_F(PredictCommand, PrintsALineForEachRowAndTheScoresBeside) {
  const std::string model = trained("iris", "softmax");
  const Output output = thalweg({"predict", model, "--data", "iris"}, {{"COLUMNS", "60"}});
  EXPECT_EQ(output.code, 0);
  const Words lines = lines_of(output.out);
  ASSERT_EQ(lines.size(), 150U);
  EXPECT_EQ(lines[0], "setosa");
  std::string scores = output.err;
  std::replace(scores.begin(), scores.end(), '\n', ' ');  // where lines break depends on where the data lie
  EXPECT_THAT(scores, HasSubstr("iris.csv: 150 rows; loss "));
  expect_fits({0, output.err, ""}, 60, "scores");
  EXPECT_EQ(thalweg({"predict", model, "--data", "iris", "--quiet"}).err, "");
  const Output to_file =
      thalweg({"predict", model, "--data", "iris", "--output", path("out")}, {{"COLUMNS", "200"}});
  EXPECT_EQ(file_text(path("out")), output.out);
  EXPECT_EQ(to_file.err, "");
  EXPECT_THAT(to_file.out, testing::EndsWith("; predictions written to " + path("out") + "\n"));
  EXPECT_EQ(files_in(folder.path()), 2U);
  for (const char* threads : {"1", "3"})
    EXPECT_EQ(thalweg({"predict", model, "--data", "iris", "--threads", threads}).out, output.out);
  const Json json = json_of(thalweg({"predict", model, "--data", "iris", "--json"}));
  EXPECT_EQ(json.at("predictions").get<Words>(), lines);
}

TEST_F(PredictCommand, ReadsStandardInput) {
  const auto piped = [&](const std::string& shell) {
    return std::system((shell + " > " + path("out") + " 2> " + path("err")).c_str());
  };
  const std::string command = std::string(" | " THALWEG_COMMAND " predict ") + path("model") + " --data - ";
  trained("iris", "softmax");
  const std::string iris = thalweg({"predict", path("model"), "--data", "iris", "--quiet"}).out;
  EXPECT_EQ(piped("cut -d, -f1-4 " + data_folder + "iris/iris.csv" + command), 0);
  EXPECT_EQ(file_text(path("out")), iris);
  EXPECT_EQ(file_text(path("err")), "standard input: 150 rows, without labels\n");
  trained("agaricus", "logistic");
  const std::string agaricus = thalweg({"predict", path("model"), "--data", "agaricus", "--quiet"}).out;
  EXPECT_EQ(piped("gzip -dc " + data_folder + "agaricus/agaricus.test.svm.gz | cut -d' ' -f2-" + command), 0);
  EXPECT_EQ(file_text(path("out")), agaricus);
  EXPECT_EQ(lines_of(agaricus).size(), 1611U);
}

TEST_F(PredictCommand, QuotesWhatATableWouldTakeApart) {
  folder.file("a.csv", "x,kind\n1,\"a, \"\"b\"\"\"\n2,c\n3,\"a, \"\"b\"\"\"\n4,c\n5,c\n6,c\n7,c\n8,c\n");
  trained(path("a.csv"), "softmax");
  const Output output = thalweg({"predict", path("model"), "--data", path("a.csv"), "--probabilities"});
  EXPECT_EQ(lines_of(output.out)[0], R"(prediction,"probability_a, ""b""",probability_c)");
}

TEST_F(PredictCommand, AModelOfTheBestEpochIsTheOneThatWasJudged) {
  trained("wine", "mlp:16",
          {"--epochs", "60", "--patience", "3", "--optimizer", "adam:lr=0.1", "--json", "--test",
           data_folder + "wine/wine.csv"});
  const Json training = Json::parse(table_);
  ASSERT_LT(training.at("best_epoch"), training.at("epochs"));
  EXPECT_EQ(json_of(thalweg({"predict", path("model"), "--data", "wine", "--json"})).at("loss"),
            training.at("test_loss"));
}

TEST_F(PredictCommand, SaysBeforeTheTrainingThatTheModelCannotBeWritten) {
  for (const std::string& bad : {path("none/model"), folder.path()}) {
    const Output output = thalweg({"train", "--data", "iris", "--save", bad});
    EXPECT_EQ(output.code, 3);
    EXPECT_EQ(output.out, "");
    EXPECT_THAT(output.err, StartsWith("thalweg: error: " + bad + ": found "));
  }
  const Output diverged =
      thalweg({"train", "--data", "iris", "--quiet", "--optimizer", "sgd:lr=1e30", "--save", path("m")});
  EXPECT_EQ(diverged.code, 1);
  EXPECT_EQ(diverged.err,
            "thalweg: a training that diverged leaves no model: " + path("m") + " is not written\n");
  EXPECT_EQ(files_in(folder.path()), 0U);
}

TEST_F(PredictCommand, LeavesNoFileWhereARowIsWrong) {
  const std::string model = trained("agaricus", "logistic");
  std::string lines;
  for (int k = 0; k < 10'000; ++k) lines += "1 1:1 3:1\n";
  folder.file("bad.svm", lines + "1 3:1 1:1\n");
  const Output output = thalweg({"predict", model, "--data", path("bad.svm"), "--output", path("out")});
  EXPECT_EQ(output.code, 3);
  EXPECT_EQ(output.err, "thalweg: error: " + path("bad.svm") +
                            ":10001: found the unordered index 1 after 3; expected increasing indices\n");
  EXPECT_EQ(files_in(folder.path()), 2U);
}

TEST_F(PredictCommand, LeavesNoFileWhereItIsInterrupted) {
  const std::string model = trained("agaricus", "logistic");
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(ends[0], STDIN_FILENO);
    ::close(ends[0]);
    ::close(ends[1]);
    become_command({"predict", model, "--data", "-", "--output", path("out")}, {});
  }
  ::close(ends[0]);
  std::string lines;
  for (int k = 0; k < 10'000; ++k) lines += "1 1:1 3:1\n";
  while (files_in(folder.path()) < 2) ::usleep(1000);  // until the output has been begun
  ::kill(child, SIGINT);
  auto* const handler = std::signal(SIGPIPE, SIG_IGN);  // it may have ended already
  static_cast<void>(!::write(ends[1], lines.data(), lines.size()));
  std::signal(SIGPIPE, handler);
  ::close(ends[1]);
  EXPECT_EQ(exit_code(child), 128 + SIGINT);
  EXPECT_EQ(files_in(folder.path()), 1U);
}

TEST_F(PredictCommand, NamesWhatIsMissingOrMisspelled) {
  const std::string model = trained("iris", "softmax");
  const auto error = [&](const Words& words, int code) {
    const Output output = thalweg(words);
    EXPECT_EQ(output.code, code);
    EXPECT_EQ(output.out, "");
    return output.err;
  };
  EXPECT_EQ(error({"predict", path("modle"), "--data", "iris"}, 3),
            "thalweg: error: " + path("modle") +
                ": found no such file; expected an existing file or folder: did you mean 'model'?\n");
  EXPECT_EQ(error({"predict", model, "--data", "irs"}, 2),
            "thalweg: error: unknown data set 'irs': did you mean 'iris'? (known: digits, iris, wine, "
            "breast_cancer, diabetes, agaricus)\n");
  EXPECT_EQ(error({"predict", model}, 2),
            "thalweg: error: --data NAME|FILE|- is missing: what to predict from\n");
  EXPECT_EQ(error({"predict", model, "--data", "iris", "--labels", "no"}, 2),
            "thalweg: error: --labels = 'no': must be one of auto, ignore, none\n");
  EXPECT_THAT(error({"predict", data_folder + "iris/iris.csv", "--data", "iris"}, 3),
              HasSubstr("iris.csv: found another kind of file"));
  EXPECT_THAT(
      error({"predict", model, "--data", "wine"}, 3),
      testing::EndsWith("wine.csv: found no column 'sepal_length', 'sepal_width', 'petal_length' and 1 "
                        "more, but the columns 'alcohol', 'malic_acid', 'ash' and 11 more; expected the 4 "
                        "columns that the model has learned from and maybe the label 'species'\n"));
}

/// What an implementation of docs/models.md in another language says.
Words by_hand(const std::string& model, const std::string& table) {
  const std::string command =
      "python3 -B '" THALWEG_TEST_FILES "/cli/predict_by_hand.py' '" + model + "' '" + table + "'";
  std::FILE* const pipe = ::popen(command.c_str(), "r");
  std::string text;
  for (int c = 0; (c = std::fgetc(pipe)) != EOF;) text += static_cast<char>(c);
  EXPECT_EQ(::pclose(pipe), 0);
  return lines_of(text);
}

TEST_F(PredictCommand, PythonThatFollowsTheDocumentationPredictsTheSame) {
  if (std::system("python3 -c '' 2>/dev/null") != 0) GTEST_SKIP() << "needs python3";
  const std::pair<const char*, const char*> cases[] = {
      {"iris", "softmax"}, {"digits", "mlp:16,8"}, {"breast_cancer", "logistic"}, {"diabetes", "mlp:8"}};
  for (const auto& [name, spec] : cases) {
    const std::string model = trained(name, spec);
    const std::string table = data_folder + name + "/" + name + ".csv";
    folder.file("table.csv", data::read_file(std::filesystem::exists(table) ? table : table + ".gz"));
    const Words expected = by_hand(model, path("table.csv"));
    Words words{"predict", model, "--data", name, "--quiet"};
    const bool numbers = std::string(name) == "diabetes";
    if (!numbers) words.emplace_back("--probabilities");
    Words lines = lines_of(thalweg(words).out);
    if (!numbers) lines.erase(lines.begin());
    ASSERT_EQ(lines.size(), expected.size()) << name;
    // What the network's floats round away: 2e-6 of outputs up to 4, which targets of a scale of 77 stretch.
    const double tolerance = numbers ? 4 * 77 * 2e-6 : 2e-6;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      std::istringstream one(lines[i]), other(expected[i]);
      std::string a, b;
      for (bool first = !numbers; std::getline(one, a, ',') && std::getline(other, b, ','); first = false) {
        if (first)
          ASSERT_EQ(a, b) << name << " " << i;
        else
          ASSERT_NEAR(std::stod(a), std::stod(b), tolerance) << name << " " << i;
      }
      EXPECT_EQ(one.eof(), other.eof());
    }
  }
}

}  // namespace
}  // namespace thalweg::test::predict_test
