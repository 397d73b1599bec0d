#include <algorithm>
#include <csignal>
#include <fstream>

#include "program.h"

namespace thalweg::test::compare_test {
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
                    page = folder.path() + "/report/report.html",
                    experiment = folder.path() + "/report/experiment.toml";
  EXPECT_THAT(output.out, EndsWith("\n\n" + results + "\n" + experiment + "\n" + page + "\n"));
  EXPECT_THAT(output.out, HasSubstr("optimizer  validation error by epoch"));
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

/// Without what may differ between two runs.
Json without_times(Json json) {
  if (json.is_object()) {
    json.erase("seconds");
    json.erase("environment");
  }
  if (json.is_structured()) {
    for (auto& value : json) value = without_times(value);
  }
  return json;
}

Json results_of(const std::string& folder) {
  return without_times(Json::parse(file_text(folder + "/results.json"), nullptr, false));
}

TEST(CompareCommand, TheWrittenExperimentRepeatsTheResults) {
  const data::TemporaryFolder folder;
  const std::string one = folder.path() + "/one", two = folder.path() + "/two";
  const std::string file = folder.file("mine.toml",
                                       "title = \"Two workloads\"\n"
                                       "optimizers = [\"adam\", \"sgd:lr=0.001..0.1\"]\n"
                                       "trials = 3\nseeds = 3\nepochs = 3\ntuner = \"halving\"\n"
                                       "tune = [\"lr\", \"beta1\"]\n"
                                       "[[workload]]\nname = \"a\"\nproblem = \"beale\"\n"
                                       "[[workload]]\nname = \"b\"\ndata = \"iris\"\nmodel = \"softmax\"\n");
  const Output first =
      thalweg({"compare", file, "--output", one, "--seeds", "2", "--seed", "5", "--threads", "1"});
  ASSERT_EQ(first.code, 0) << first.err;
  const Json results = results_of(one);
  EXPECT_EQ(results.at("kind"), "suite");
  EXPECT_EQ(results.at("title"), "Two workloads");
  EXPECT_EQ(results.at("settings").at("seeds"), Json({6, 7})) << "a flag overrides the file";
  EXPECT_EQ(results.at("settings").at("tuner"), "halving");
  EXPECT_EQ(results.at("workloads").size(), 2U);
  const Output again = thalweg({"compare", one + "/experiment.toml", "--output", two, "--threads", "3"});
  ASSERT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(results_of(two), results);
  EXPECT_EQ(file_text(two + "/experiment.toml"), file_text(one + "/experiment.toml"));
}

/// Starts the command, and kills it with this signal as soon as its journal has `lines` lines. Returns how it
/// ended.
int killed(const Words& words, const std::string& journal, std::ptrdiff_t lines, int signal) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(::open("/dev/null", O_WRONLY), STDOUT_FILENO);
    ::dup2(::open("/dev/null", O_WRONLY), STDERR_FILENO);
    become_command(words, {});
  }
  for (int i = 0; i < 30'000; ++i) {
    const std::string text = file_text(journal);
    if (std::count(text.begin(), text.end(), '\n') >= lines) break;
    ::usleep(1000);
  }
  ::kill(child, signal);
  return exit_code(child);
}

TEST(CompareCommand, SaysWhatRareFeaturesGet) {
  const data::TemporaryFolder folder;
  const std::string report = folder.path() + "/report", file = folder.path() + "/two.toml";
  const std::string same = "sgd gives all features about the same rate.";
  const auto one_line = [](std::string text) {
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text;
  };
  const Output sparse =
      thalweg({"compare", "-o", "sgd", "-o", "adagrad", "--data", "agaricus", "-m", "logistic", "--trials",
               "3", "--seeds", "2", "--epochs", "1", "--output", report, "--quiet"});
  EXPECT_EQ(sparse.code, 0) << sparse.err;
  const std::string finding = results_of(report).at("feature_rates").at("finding");
  EXPECT_THAT(finding, AllOf(StartsWith("adagrad gives features that occur in "), EndsWith(same)));
  EXPECT_THAT(one_line(sparse.out), HasSubstr(" " + finding + " "));

  folder.file("two.toml",
              "optimizers = [\"sgd\", \"adagrad\"]\ntrials = 2\nseeds = 2\nepochs = 1\n"
              "[[workload]]\ndata = \"iris\"\nmodel = \"softmax\"\n"
              "[[workload]]\ndata = \"agaricus\"\nmodel = \"softmax\"\n");
  const Output suite = thalweg({"compare", file, "--output", report, "--quiet"});
  EXPECT_EQ(suite.code, 0) << suite.err;
  EXPECT_THAT(one_line(suite.out), HasSubstr(" agaricus, softmax: adagrad gives features "));
  EXPECT_THAT(suite.out, Not(HasSubstr("iris, softmax: adagrad gives")));
}

TEST(CompareCommand, GoesOnWhereItWasInterrupted) {
  const data::TemporaryFolder folder;
  const auto words = [&](const std::string& output, const Words& more = {}) {
    Words all{"compare",  "-o", "adam",    "-o",       "sgd",
              "--trials", "4",  "--seeds", "3",        "--epochs",
              "6",        "-m", "softmax", "--output", folder.path() + "/" + output};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  };
  ASSERT_EQ(thalweg(words("whole")).code, 0);
  const std::string journal = folder.path() + "/cut/journal.jsonl";
  EXPECT_EQ(killed(words("cut"), journal, 3, SIGKILL), 128 + SIGKILL);
  const std::string after_kill = file_text(journal);
  EXPECT_EQ(killed(words("cut", {"--resume"}), journal, 8, SIGINT), 128 + SIGINT);
  const std::string after_interrupt = file_text(journal);
  EXPECT_THAT(after_interrupt, StartsWith(after_kill.substr(0, after_kill.find_last_of('\n') + 1)));
  EXPECT_FALSE(std::ifstream(folder.path() + "/cut/results.json").good());

  const Output other = thalweg(words("cut", {"--resume", "--batch", "16"}));
  EXPECT_EQ(other.code, 3);
  EXPECT_THAT(other.err, HasSubstr("'batch = 32' there is 'batch = 16' here"));
  EXPECT_EQ(file_text(journal), after_interrupt);

  const Output resumed = thalweg(words("cut", {"--resume", "--threads", "3"}));
  EXPECT_EQ(resumed.code, 0);
  const auto finished = std::count(after_interrupt.begin(), after_interrupt.end(), '\n') - 1;
  EXPECT_GE(finished, 7);
  EXPECT_THAT(resumed.err, StartsWith("going on with " + std::to_string(finished) + " finished runs of "));
  EXPECT_EQ(results_of(folder.path() + "/cut"), results_of(folder.path() + "/whole"));
  const std::string all = file_text(journal);
  EXPECT_EQ(all.substr(0, after_interrupt.size()), after_interrupt) << "nothing that was done is done again";
  EXPECT_EQ(std::count(all.begin(), all.end(), '\n'), 1 + 2 * (4 + 3 + 4) + 1);
}

TEST(CompareCommand, SaysWhatChanged) {
  const data::TemporaryFolder folder;
  const std::string report = folder.path() + "/report", old = folder.path() + "/old.json";
  ASSERT_EQ(thalweg(quick(folder.path())).code, 0);
  folder.file("old.json", file_text(report + "/results.json"));
  const Output fresh =
      thalweg(quick(folder.path(), {"--batch", "16", "--against", old, "--json", "--quiet"}));
  ASSERT_EQ(fresh.code, 0) << fresh.err;
  const Json change = Json::parse(fresh.out).at("against");
  EXPECT_EQ(change.at("old"), old);
  std::vector<std::string> settings;
  for (const Json& s : change.at("settings")) settings.push_back(s.at("name").get<std::string>());
  EXPECT_EQ(settings, (std::vector<std::string>{"batch", "steps_per_epoch"}));
  EXPECT_EQ(Json::parse(file_text(report + "/results.json")).at("against"), change);
  const Json& first = change.at("optimizers").at(0);
  EXPECT_EQ(first.at("paired_seeds"), 3);
  EXPECT_NEAR(first.at("change").get<double>(),
              first.at("new_mean").get<double>() - first.at("old_mean").get<double>(), 1e-12);

  const Words files{"compare", "--against", old, "--results", report + "/results.json"};
  for (const char* columns : {"60", "80"}) {
    const Output told = thalweg(files, {{"COLUMNS", columns}});
    EXPECT_EQ(told.code, 0);
    EXPECT_THAT(told.out, AllOf(StartsWith("Against "), HasSubstr("batch 32 → 16")));
  }
  const std::string wine = folder.path() + "/wine";
  ASSERT_EQ(thalweg({"compare", "-d", "wine", "-m", "softmax", "-o", "adam", "--trials", "1", "--seeds", "2",
                     "--epochs", "1", "--output", wine})
                .code,
            0);
  const Output refused = thalweg({"compare", "--against", old, "--results", wine + "/results.json"});
  EXPECT_EQ(refused.code, 3);
  EXPECT_THAT(refused.err, HasSubstr("old.json: found results on iris; expected results on wine"));
  const Output early =
      thalweg({"compare", "-d", "wine", "--against", old, "--output", folder.path() + "/none"});
  EXPECT_EQ(early.code, 3);
  EXPECT_FALSE(std::ifstream(folder.path() + "/none/experiment.toml").good()) << "before any work";
}

TEST(CompareCommand, ASuiteFitsTheTerminalAndIsAFinding) {
  const data::TemporaryFolder folder;
  for (const char* columns : {"40", "60", "80"}) {
    const Output output =
        thalweg({"compare", "--suite", "quick", "-o", "adam", "-o", "schedule_free_adamw", "--epochs", "2",
                 "--trials", "1", "--seeds", "2", "--output", folder.path()},
                {{"COLUMNS", columns}});
    ASSERT_EQ(output.code, 0) << output.err;
    std::istringstream lines(output.out.substr(0, output.out.rfind("\n\n")));
    for (std::string line; std::getline(lines, line);) {
      EXPECT_LE(columns_of(line), std::atoi(columns)) << line;
      EXPECT_TRUE(line.empty() || line.back() != ' ') << "'" << line << "'";
    }
    EXPECT_THAT(output.out.substr(0, output.out.find("\n\n")), HasSubstr("workloads"));
  }
  const Json json = Json::parse(file_text(folder.path() + "/results.json"));
  EXPECT_EQ(json.at("overall").at("ranking").size(), 2U);
  EXPECT_EQ(json.at("profiles").at("steps").size(), 2U);
  EXPECT_EQ(json.at("workloads").at(0).at("score").at("name"), "test_log10_gap");
  EXPECT_EQ(json.at("suite"), "") << "with other epochs it is not that suite";
  EXPECT_THAT(file_text(folder.path() + "/experiment.toml"), HasSubstr("[[workload]]"));
}

TEST(CompareCommand, OptionsThatDoNotGoTogetherAreErrors) {
  const auto error = [](const Words& words) {
    Words all{"compare"};
    all.insert(all.end(), words.begin(), words.end());
    const Output output = thalweg(all);
    EXPECT_EQ(output.code, 2) << output.err;
    return output.err;
  };
  EXPECT_THAT(error({"--suite", "quick", "--data", "iris"}), HasSubstr("--data is for one workload"));
  EXPECT_THAT(error({"--data", "iris", "--problem", "beale"}),
              HasSubstr("--problem is a workload of its own"));
  EXPECT_THAT(error({"--problem", "beale", "--batch", "3"}), HasSubstr("--batch is for a model on data"));
  EXPECT_THAT(error({"--steps", "3"}), HasSubstr("--steps is for a problem"));
  EXPECT_THAT(error({"--results", "a.json"}), HasSubstr("--against FILE is missing"));
  EXPECT_THAT(error({"--against", "b.json", "--results", "a.json", "--seeds", "3"}),
              HasSubstr("--seeds is for a run"));
  EXPECT_THAT(error({"--tune", "lr,bta1"}), HasSubstr("did you mean 'beta1'"));
  EXPECT_THAT(error({"--tune", "lr,lr"}), HasSubstr("tune = lr: given twice"));
  EXPECT_THAT(error({"--tuner", "gird"}), HasSubstr("did you mean 'grid'"));
  EXPECT_THAT(error({"--problem", "saddle"}), HasSubstr("must have a known minimum"));
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
}  // namespace thalweg::test::compare_test
