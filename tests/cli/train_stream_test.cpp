// thalweg train --online and --stream.

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <thread>

#include "program.h"

namespace thalweg::test::train_stream_test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using Json = nlohmann::json;

const std::string agaricus = std::string(THALWEG_SOURCE) + "/data/agaricus/agaricus.train.svm.gz";

Words online(const Words& more) {
  Words words{"train", "--online", "--data", "-", "--model", "logistic", "--optimizer", "adagrad:lr=0.1"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

std::string fmt_percent(double share) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f %%", 100 * share);
  return text;
}

std::vector<Json> json_lines(const Output& output) {
  EXPECT_EQ(output.err, "");
  std::vector<Json> lines;
  for (const std::string& line : lines_of(output.out)) lines.push_back(Json::parse(line, nullptr, false));
  return lines;
}

TEST(OnlineCommand, PrintsATableThatDoubles) {
  const Output output = thalweg(online({}), {{"COLUMNS", "60"}}, agaricus);
  EXPECT_EQ(output.code, 0) << output.err;
  EXPECT_EQ(output.err, "");
  EXPECT_THAT(output.out, AllOf(StartsWith("standard input: learning from each line as it comes"),
                                HasSubstr("\n  examples  since last     average  since last     average\n"),
                                HasSubstr("\n         1      0.6931      0.6931      0.00 %      0.00 %\n"),
                                HasSubstr("\n      4096 "), HasSubstr("\n      6513 "),
                                HasSubstr("all of 6513 examples"), HasSubstr("the last 1000"),
                                HasSubstr("the data ended; 6513 steps, 126 features, 2 classes (1, 0)")));
  for (const char* const columns : {"40", "60", "80"})
    expect_fits(thalweg(online({}), {{"COLUMNS", columns}}, agaricus), std::atoi(columns), columns);
  EXPECT_THAT(thalweg(online({"--quiet"}), {}, agaricus).out,
              AllOf(Not(HasSubstr("4096")), HasSubstr("all of 6513 examples")));
}

TEST(OnlineCommand, PrintsWhatItsPageShows) {
  const std::string page = file_text(std::string(THALWEG_SOURCE) + "/docs/streaming.md");
  const std::string out = thalweg(online({}), {}, agaricus).out;
  EXPECT_THAT(page, HasSubstr(out.substr(0, out.rfind(", "))));  // but for the time
}

TEST(OnlineCommand, JsonHasALineForEachAndTheResultAtTheEnd) {
  const auto lines = json_lines(thalweg(online({"--json", "--window", "500"}), {}, agaricus));
  ASSERT_EQ(lines.size(), 15U);
  for (std::size_t k = 0; k < 13; ++k) EXPECT_EQ(lines[k].at("examples"), std::uint64_t{1} << k);
  const Json& last = lines[13];
  const Json& result = lines[14];
  EXPECT_EQ(last.at("examples"), 6513);
  for (const char* const key : {"loss", "accuracy"}) EXPECT_EQ(last.at(key), result.at(key));
  EXPECT_EQ(result.at("window"), 500);
  EXPECT_EQ(result.at("classes"), Json({"1", "0"}));
  EXPECT_EQ(result.at("parameters"), 127);
  EXPECT_EQ(result.at("stopped"), "end_of_data");
  // since_last are the examples between two lines.
  const double before = lines[12].at("loss").get<double>() * 4096, all = last.at("loss").get<double>() * 6513;
  EXPECT_NEAR(last.at("loss_since_last").get<double>(), (all - before) / (6513 - 4096), 1e-12);
}

TEST(OnlineCommand, GivesTheSameNumbersForThreadsInstructionSetsAndFiles) {
  const auto loss = [](const Words& words, const std::string& input) {
    Words all = words;
    all.insert(all.end(), {"--json", "--quiet"});
    return json_lines(thalweg(all, {}, input)).back().at("loss").get<double>();
  };
  const double one = loss(online({"--threads", "1"}), agaricus);
  EXPECT_EQ(loss(online({"--threads", "3"}), agaricus), one);
  EXPECT_EQ(loss(online({"--isa", "baseline"}), agaricus), one);
  Words named = online({});
  named[3] = "agaricus";
  EXPECT_EQ(loss(named, ""), one);
  EXPECT_NE(loss(online({"--batch", "8"}), agaricus), one);
}

TEST(OnlineCommand, LearnsWordsOfAFileThatGrowsUntilItIsInterrupted) {
  const data::TemporaryFolder folder;
  const std::string path = folder.file("a.txt", "1 spam money\n0 hello\n"), out = folder.file("out", "");
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(::open(out.c_str(), O_WRONLY), STDOUT_FILENO);
    become_command(
        {"train", "--online", "--data", path, "--follow", "--hash", "8", "--model", "logistic", "--json"},
        {});
  }
  const auto wait_for = [&](std::size_t lines) {
    for (int i = 0; i < 2000 && lines_of(file_text(out)).size() < lines; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
  };
  wait_for(2);
  std::ofstream(path, std::ios::app) << "0 hello world\n1 money\n1 unfini";
  wait_for(3);
  ::kill(child, SIGINT);
  EXPECT_EQ(exit_code(child), 0);
  const Words lines = lines_of(file_text(out));
  ASSERT_EQ(lines.size(), 4U);
  const Json result = Json::parse(lines.back());
  EXPECT_EQ(result.at("stopped"), "interrupted");
  EXPECT_EQ(result.at("examples"), 4);
  EXPECT_EQ(result.at("columns"), 256);
}

TEST(OnlineCommand, EndsWhenItIsInterruptedBeforeAPipeHasAnything) {
  int ends[2], outs[2];
  ASSERT_EQ(::pipe(ends), 0);
  ASSERT_EQ(::pipe(outs), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(ends[0], STDIN_FILENO);
    ::dup2(outs[1], STDOUT_FILENO);
    ::close(ends[1]);
    become_command(online({}), {});
  }
  ::close(outs[1]);
  std::string text;
  char buffer[4096];
  while (text.find("examples") == text.npos) {  // it has begun to wait
    const ssize_t count = ::read(outs[0], buffer, sizeof buffer);
    ASSERT_GT(count, 0);
    text.append(buffer, static_cast<std::size_t>(count));
  }
  ::kill(child, SIGINT);
  for (ssize_t count = 0; (count = ::read(outs[0], buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<std::size_t>(count));
  EXPECT_EQ(exit_code(child), 0);
  EXPECT_THAT(text, HasSubstr("interrupted; 0 steps, 0 features"));
  for (const int end : {ends[0], ends[1], outs[0]}) ::close(end);
}

TEST(OnlineCommand, NamesTheLineThatIsWrong) {
  const data::TemporaryFolder folder;
  const Output output = thalweg(online({}), {}, folder.file("a.svm", "1 1:1\n0 2:x\n"));
  EXPECT_EQ(output.code, 3);
  EXPECT_THAT(output.err, StartsWith("thalweg: error: standard input:2: found "));
  EXPECT_EQ(
      thalweg(online({}), {}, folder.file("b.svm", "0 1:1\n1 1:1\n2 1:1\n")).err,
      "thalweg: error: standard input:3: found the class '2' after 2 others; expected at most 2 classes\n");
  EXPECT_EQ(thalweg(online({"--classes", "0,1"}), {}, folder.file("c.svm", "0 1:1\n2 1:1\n")).code, 3);
  EXPECT_EQ(thalweg(online({"--columns", "3"}), {}, folder.file("d.svm", "0 4:1\n")).err,
            "thalweg: error: standard input:1: found index 4; expected an index of at most 3, the number of "
            "columns\n");
}

TEST(OnlineCommand, RefusesWhatMakesNoSense) {
  const auto error = [](const Words& words) {
    const Output output = thalweg(words, {}, "/dev/null");
    EXPECT_EQ(output.code, 2) << output.out;
    return output.err;
  };
  EXPECT_EQ(error(online({"--epochs", "3"})),
            "thalweg: error: --epochs needs data that can be read again: --stream instead of --online\n");
  EXPECT_EQ(
      error(online({"--test", "a.svm"})),
      "thalweg: error: --test is for --stream; online, every example is a test before it is learned from\n");
  // Each begins with what is refused.
  const std::vector<std::pair<Words, std::string>> refused{
      {{"--patience", "3"}, "--patience needs a validation part"},
      {{"--target", "0.9"}, "--target needs a validation part"},
      {{"--validation", "0.1"}, "--validation splits data in memory"},
      {{"--test-fraction", "0.1"}, "--test-fraction splits data in memory"},
      {{"--cooldown", "0.1"}, "--cooldown needs an end that is known"},
      {{"--label", "1"}, "--label is for other files"},
      {{"--task", "regression"}, "--task follows from the model"},
      {{"--state", "bfloat16"}, "--state cannot be chosen for a stream"},
      {{"--diagnose"}, "--diagnose looks at data in memory"},
      {{"--shuffle-buffer", "9"}, "--shuffle-buffer needs --stream"},
      {{"--stream"}, "--online and --stream exclude each other"},
      {{"--batch", "0"}, "batch = 0: must be at least 1"},
      {{"--hash", "8", "--columns", "9"}, "--columns = 9: must be left out with --hash"},
      {{"--hash-numbers"}, "--hash-numbers needs --hash"},
      {{"--schedule", "plateau"}, "--schedule = plateau: watches a validation loss"},
      {{"--follow"}, "follow = standard input: must be a file"},
      {{"--model", "mlp:3"}, "--model"},
  };
  for (const auto& [more, text] : refused)
    EXPECT_THAT(error(online(more)), StartsWith("thalweg: error: " + text));
  EXPECT_EQ(error({"train", "--online", "--model", "logistic"}),
            "thalweg: error: --data is needed with --online: FILE, or - for standard input\n");
  EXPECT_EQ(error({"train", "--online", "--data", "-"}),
            "thalweg: error: --model is needed with --online: linear, logistic or softmax\n");
  EXPECT_EQ(error({"train", "--follow"}), "thalweg: error: --follow needs --online\n");
  EXPECT_EQ(error({"train", "--hash", "9"}), "thalweg: error: --hash needs --online or --stream\n");
  EXPECT_THAT(error({"train", "--online", "--data", "agaricuss", "--model", "logistic"}),
              HasSubstr("agaricus"));
  EXPECT_THAT(error({"train", "--online", "--data", "iris", "--model", "softmax"}),
              HasSubstr("iris.csv: cannot be streamed: only LIBSVM lines, LABEL INDEX:VALUE ..., can"));
  EXPECT_THAT(error({"train", "--online", "--data", "-", "--model", "logstic"}), HasSubstr("logistic"));
}

TEST(OnlineCommand, ItsModelPredictsAndIsGoneOnFrom) {
  const data::TemporaryFolder folder;
  const std::string model = folder.path() + "/m.safetensors";
  EXPECT_THAT(thalweg(online({"--save", model}), {}, agaricus).out, HasSubstr("model written to"));
  const Output predicted = thalweg({"predict", model, "--data", "-"}, {}, agaricus);
  EXPECT_EQ(lines_of(predicted.out).size(), 6513U);
  EXPECT_EQ(predicted.code, 0) << predicted.err;
  // Going on begins where it ended: the first line is predicted as the model does, not with a loss of log 2.
  const auto first = json_lines(thalweg(online({"--json", "--from", model}), {}, agaricus)).at(0);
  EXPECT_LT(first.at("loss").get<double>(), 0.1);
  EXPECT_THAT(thalweg(online({"--from", model, "--hash", "8"}), {}, agaricus).err,
              HasSubstr("--hash is known from the model of --from"));
  const Output lost = thalweg(online({"--save", folder.path() + "/none/m"}), {}, agaricus);
  EXPECT_EQ(lost.code, 3);
  EXPECT_EQ(lost.out, "");
}

/// In memory, in epochs over the file, and online: the loss is that of the mode that was asked for.
TEST(SkippedSteps, AreWhatTheOptionSaysInAllThreeModes) {
  for (const Words& mode : {Words{}, Words{"--stream"}, Words{"--online"}}) {
    const auto loss = [&](const Words& more) -> Json {
      Words words{"train",       "--data",     "agaricus", "--model", "logistic:l2=0.01",
                  "--optimizer", "sgd:lr=0.1", "--batch",  "1",       "--max-steps",
                  "300",         "--json",     "--quiet"};
      words.insert(words.end(), mode.begin(), mode.end());
      words.insert(words.end(), more.begin(), more.end());
      const Json result = json_lines(thalweg(words)).back();
      return mode == Words{"--online"} ? result.at("loss") : result.at("history").at(0).at("train_loss");
    };
    const Json usual = loss({}), left = loss({"--skipped", "left"}), scaled = loss({"--skipped", "scaled"});
    EXPECT_NE(left, usual);
    EXPECT_NE(scaled, usual);
    EXPECT_NE(scaled, left);
    EXPECT_EQ(loss({"--skipped", "made_up"}), usual);
  }
}

TEST(SkippedSteps, AreRefusedWhereNoneIs) {
  const auto error = [](const Words& more) {
    Words words{"train", "--skipped"};
    words.insert(words.end(), more.begin(), more.end());
    const Output output = thalweg(words, {}, "/dev/null");
    EXPECT_EQ(output.code, 2) << output.out;
    EXPECT_EQ(output.out, "");
    return output.err;
  };
  const std::string skipped = "thalweg: error: skipped = ",
                    why = ": is for steps that look at the features of a batch alone, which these do not: ";
  EXPECT_EQ(error({"scaled", "--data", "iris", "--model", "softmax"}),
            skipped + "scaled" + why + "the data are dense\n");
  EXPECT_EQ(error({"left", "--data", "agaricus", "--model", "mlp:4"}),
            skipped + "left" + why + "mlp:4 has hidden layers\n");
  EXPECT_EQ(
      error({"left", "--data", "agaricus", "--model", "logistic"}),
      skipped + "left" + why + "a batch of 32 has about 704 nonzeros, more than half of the 126 features\n");
  const auto one = [&](const char* how, const char* optimizer, const Words& more) {
    Words words{how, "--data", "agaricus", "--model", "logistic", "--batch", "1", "--optimizer", optimizer};
    words.insert(words.end(), more.begin(), more.end());
    return error(words);
  };
  EXPECT_EQ(one("left", "dog", {}), skipped + "left" + why + "dog measures all parameters\n");
  EXPECT_EQ(one("left", "nesterov", {}), skipped + "left" + why + "nesterov wants the gradient elsewhere\n");
  EXPECT_EQ(one("left", "sgd", {"--transform", "clip_norm:max=1"}),
            skipped + "left" + why + "clip_norm looks at every gradient\n");
  EXPECT_EQ(one("left", "adam", {"--state", "int8"}),
            skipped + "left" + why + "parameters and state are not in float32\n");
  for (const Words& mode : {Words{}, Words{"--stream"}, Words{"--online"}})
    EXPECT_THAT(one("scaled", "adam", mode),
                HasSubstr("thalweg: error: sparse tensor weights = adam: moves without a gradient"));
  EXPECT_THAT(error({"lazily"}), HasSubstr("made_up, left, scaled"));
}

TEST(StreamCommand, WritesTheModelThatItJudged) {
  const data::TemporaryFolder folder;
  const std::string model = folder.path() + "/m.safetensors";
  const Output trained =
      thalweg({"train", "--stream", "--data", agaricus, "--model", "logistic", "--epochs", "1", "--optimizer",
               "adagrad:lr=0.1", "--test", agaricus, "--save", model, "--json"});
  const Json record = Json::parse(lines_of(trained.out).back());
  EXPECT_EQ(record.at("saved"), model);
  const Output predicted = thalweg({"predict", model, "--data", agaricus, "--output", folder.path() + "/p"});
  EXPECT_EQ(predicted.code, 0);
  std::string all = predicted.out + predicted.err;
  std::replace(all.begin(), all.end(), '\n', ' ');
  EXPECT_THAT(all, HasSubstr("accuracy " + fmt_percent(record.at("test_accuracy").get<double>())));
}

TEST(StreamCommand, TrainsInEpochsAndJudgesTheTestSet) {
  const Words words{"train", "--stream", "--data", "agaricus", "--model", "logistic", "--epochs", "3"};
  Words json = words;
  json.insert(json.end(), {"--json", "--quiet"});
  const Json result = json_of(thalweg(json));
  EXPECT_EQ(result.at("epochs"), 3);
  EXPECT_EQ(result.at("steps"), 3 * 204);  // 6513 rows in batches of 32
  EXPECT_EQ(result.at("cooldown"), 0.3);
  EXPECT_GT(result.at("test_accuracy"), 0.9);
  EXPECT_GT(result.at("history")[2].at("train_accuracy"), result.at("history")[0].at("train_accuracy"));
  Words mixed = json;
  mixed.insert(mixed.end(), {"--shuffle-buffer", "1000"});
  EXPECT_NE(json_of(thalweg(mixed)).at("test_loss"), result.at("test_loss"));
  const Output text = thalweg(words, {{"COLUMNS", "60"}});
  EXPECT_THAT(text.out, AllOf(HasSubstr("\nepoch 3/3  train loss "), HasSubstr("\n  test  ")));
  std::string on_one_line = text.out;  // the path of the file decides where lines break
  std::replace(on_one_line.begin(), on_one_line.end(), '\n', ' ');
  EXPECT_THAT(on_one_line, HasSubstr("read anew in each epoch; 126 features, 2 classes"));
  expect_fits(text, 60, "--stream");
  EXPECT_EQ(thalweg({"train", "--stream", "--data", "-", "--model", "logistic"}, {}, agaricus).code, 2);
  EXPECT_THAT(
      thalweg({"train", "--stream", "--data", "agaricus", "--model", "softmax", "--patience", "2"}).err,
      HasSubstr("--patience needs a validation part"));
}

}  // namespace
}  // namespace thalweg::test::train_stream_test
