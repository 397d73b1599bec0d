// thalweg train with checkpoints: killed, interrupted, damaged, refused. What a resumed training ends with
// are the bytes of one that was not interrupted.

#include <chrono>
#include <csignal>
#include <random>
#include <thread>

#include <sys/resource.h>

#include "data/files.h"
#include "runs.h"

namespace thalweg::test::checkpoint_test {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

/// A streamed one of 11 steps an epoch, with rows that are mixed.
Words streaming(const Words& more) {
  Words words{"train",   "--stream", "--data",   "agaricus", "--model",          "logistic",
              "--batch", "600",      "--epochs", "22",       "--shuffle-buffer", "1500"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

TEST(Checkpoints, ARunThatIsKilledAndResumedEndsAsOneThatIsNot) {
  for (const auto& made : {training, streaming}) {
    const Folder folder;
    const Output whole = thalweg(made({"--json", "--quiet", "--save", folder.model("whole")}));
    ASSERT_EQ(whole.code, 0) << whole.err;
    constexpr std::size_t kills = 6;  // in some 120 steps
    std::mt19937 random(1);
    for (std::size_t k = 0; k <= kills; ++k) {
      const pid_t child =
          start(made({"--json", "--quiet", "--save", folder.model(), "--checkpoint", folder.run(), "--resume",
                      folder.run(), "--every", "1steps", "--keep", "2", "--threads", k % 2 == 0 ? "1" : "3",
                      "--isa", k % 2 == 0 ? "best" : "baseline"}),
                folder);
      if (k < kills) {
        const auto late = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (newest(folder) < 12 * (k + 1) && std::chrono::steady_clock::now() < late)
          std::this_thread::sleep_for(std::chrono::microseconds(100));
        std::this_thread::sleep_for(std::chrono::microseconds(random() % 1000));
        ::kill(child, SIGKILL);
      }
      const Output output = end_of(child, folder);
      ASSERT_EQ(output.code, k < kills ? 128 + SIGKILL : 0) << output.err;
      if (k == kills) {
        EXPECT_EQ(report(output.out), report(whole.out));
      }
    }
    EXPECT_EQ(folder.checkpoints().size(), 2U);  // what was left half written is gone too
    EXPECT_EQ(file_text(folder.model()), file_text(folder.model("whole")));
  }
}

TEST(Checkpoints, DamagedOnesAreSkippedWithTheReason) {
  const Folder folder;
  ASSERT_EQ(thalweg(until(10, {"--checkpoint", folder.run(), "--every", "2steps"})).code, 0);
  ASSERT_THAT(folder.checkpoints(),
              ::testing::ElementsAre("step-000000000006.safetensors", "step-000000000008.safetensors",
                                     "step-000000000010.safetensors"));
  const std::string newest = folder.run() + "/step-000000000010.safetensors",
                    second = folder.run() + "/step-000000000008.safetensors";
  std::string bytes = file_text(newest);
  bytes[bytes.size() - 100] = static_cast<char>(bytes[bytes.size() - 100] ^ 1);
  std::ofstream(newest, std::ios::binary) << bytes;
  fs::resize_file(second, 1000);
  const Output resumed = thalweg(until(20, {"--resume", folder.run(), "--save", folder.model()}));
  EXPECT_EQ(resumed.code, 0);
  EXPECT_THAT(resumed.err, AllOf(HasSubstr("thalweg: skipped a checkpoint: " + newest +
                                           ": found bytes that do not agree with their checksum"),
                                 HasSubstr("thalweg: skipped a checkpoint: " + second + ": found "),
                                 HasSubstr("going on from " + folder.run() +
                                           "/step-000000000006.safetensors, after 6 steps")));
  EXPECT_EQ(thalweg(until(20, {"--save", folder.model("whole")})).code, 0);
  EXPECT_EQ(file_text(folder.model()), file_text(folder.model("whole")));
  for (const auto& name : folder.checkpoints()) fs::resize_file(folder.run() + "/" + name, 9);
  const Output none = thalweg(until(20, {"--resume", folder.run()}));
  EXPECT_EQ(none.code, 3);
  EXPECT_THAT(none.err, HasSubstr("/run: found no checkpoint that is whole ("));
}

TEST(Checkpoints, ASignalWritesOneAndEndsTheTraining) {
  const auto of = [](const Words& data) {
    return [data](const Words& more) {
      Words words{"train", "--epochs", "1000000", "--cooldown", "0"};
      words.insert(words.end(), data.begin(), data.end());
      words.insert(words.end(), more.begin(), more.end());
      return words;
    };
  };
  const auto iris = of({"--data", "iris", "--model", "softmax"}),
             agaricus = of({"--stream", "--data", "agaricus", "--model", "logistic", "--batch", "1000"});
  for (const auto& [endless, signal] : {std::pair(iris, SIGINT), {iris, SIGTERM}, {agaricus, SIGINT}}) {
    const Folder folder;
    const pid_t child = start(endless({"--checkpoint", folder.run(), "--every", "1h"}), folder);
    while (!fs::exists(folder.run())) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    ::kill(child, signal);
    const Output output = end_of(child, folder);
    EXPECT_EQ(output.code, 128 + signal);
    EXPECT_THAT(output.err, HasSubstr(".safetensors is written: the same command with --resume " +
                                      folder.run() + " goes on\n"));
    const std::string after = "thalweg: interrupted after ";
    ASSERT_THAT(output.err, HasSubstr(after));
    const std::size_t steps = std::stoul(output.err.substr(output.err.find(after) + after.size()));
    ASSERT_EQ(folder.checkpoints().size(), 1U);
    const std::string end = std::to_string(steps + 6);
    ASSERT_EQ(thalweg(endless({"--max-steps", end, "--resume", folder.run(), "--save", folder.model()})).code,
              0);
    ASSERT_EQ(thalweg(endless({"--max-steps", end, "--save", folder.model("whole")})).code, 0);
    EXPECT_EQ(file_text(folder.model()), file_text(folder.model("whole")));
  }
}

TEST(Checkpoints, OneThatCannotBeWrittenLeavesThoseBefore) {
  const Folder folder;
  ASSERT_EQ(thalweg(until(4, {"--checkpoint", folder.run()})).code, 0);
  const std::string kept = folder.run() + "/step-000000000004.safetensors", bytes = file_text(kept);
  const pid_t child = start(until(8, {"--resume", folder.run(), "--every", "1steps"}), folder, [] {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{2000, 2000};  // less than a checkpoint
    ::setrlimit(RLIMIT_FSIZE, &limit);
  });
  const Output full = end_of(child, folder);
  EXPECT_EQ(full.code, 3);
  EXPECT_THAT(full.err, HasSubstr("/step-000000000005.safetensors: found that it cannot be written (File too "
                                  "large); expected a path that can be written"));
  EXPECT_THAT(folder.checkpoints(), ::testing::ElementsAre("step-000000000004.safetensors"));
  EXPECT_EQ(file_text(kept), bytes);
  EXPECT_EQ(thalweg(until(8, {"--resume", folder.run(), "--save", folder.model()})).code, 0);
  EXPECT_EQ(thalweg(until(8, {"--save", folder.model("whole")})).code, 0);
  EXPECT_EQ(file_text(folder.model()), file_text(folder.model("whole")));
}

TEST(Checkpoints, OtherRunsAreRefusedWithAllThatDiffers) {
  const Folder folder;
  ASSERT_EQ(thalweg(training({"--checkpoint", folder.run(), "--every", "10epochs"})).code, 0);
  const auto error = [&](const Words& words, int code) {
    const Output output = thalweg(words);
    EXPECT_EQ(output.code, code) << output.err;
    return output.err;
  };
  EXPECT_THAT(
      error(training({"--checkpoint", folder.run()}), 3),
      MatchesRegex("thalweg: error: .*/run: found checkpoints of a run .the newest: .*; expected an empty "
                   "folder; --resume .*/run goes on with that run\n"));
  Words other = training({"--resume", folder.run(), "--seed", "1"});
  other[static_cast<std::size_t>(std::find(other.begin(), other.end(), "32") - other.begin())] = "16";
  EXPECT_THAT(
      error(other, 3),
      MatchesRegex("thalweg: error: .*/step-[0-9]+.safetensors: found batch 32 .now 16.; data .*; seed 0 "
                   ".now 1.; transform 1 noise .now noise:seed=1.; expected the options "
                   "and data that the run was begun with\n"));
  EXPECT_THAT(error(training({"--resume", folder.run(), "--state", "int8"}), 3),
              HasSubstr("precision float32, state float32 (now float32, state int8)"));
  EXPECT_THAT(error(training({"--resume", folder.path("no")}), 3), HasSubstr("/no: found no checkpoint;"));
  EXPECT_THAT(error(training({"--every", "5steps"}), 2), HasSubstr("--every needs --checkpoint or --resume"));
  EXPECT_THAT(error(training({"--checkpoint", folder.run(), "--every", "5"}), 2),
              HasSubstr("every = 5: must be like 500steps, 1epoch, 30s, 5min or 2h"));
  EXPECT_THAT(error(training({"--checkpoint", folder.run(), "--every", "1.5epochs"}), 2),
              HasSubstr("must be like"));
  EXPECT_THAT(error(training({"--checkpoint", folder.run(), "--keep", "0"}), 2), HasSubstr("--keep = 0"));
  EXPECT_THAT(error({"train", "--online", "--data", "agaricus", "--model", "logistic", "--checkpoint",
                     folder.path("online"), "--every", "2epochs"},
                    2),
              HasSubstr("--every = 2epochs: must be steps or a time: a stream has no epochs"));
  EXPECT_THAT(error(training({"--resume", folder.run(), "--diagnose"}), 2), HasSubstr("--diagnose"));
  EXPECT_THAT(error(training({"--checkpoint", "/proc/run"}), 3),
              HasSubstr("/proc/run: found that it cannot be written ("));
}

// A training that had ended reports the same again, and goes on where its end was moved.
TEST(Checkpoints, AFinishedRunReportsAgainAndGoesFurther) {
  const Folder folder;
  const Output first = thalweg(until(10, {"--checkpoint", folder.run(), "--json", "--quiet"}));
  const Output again = thalweg(until(10, {"--resume", folder.run(), "--json", "--quiet"}));
  EXPECT_EQ(report(again.out), report(first.out));
  const Json json = Json::parse(again.out);
  EXPECT_EQ(json["checkpoints"]["resumed_steps"], 10);
  EXPECT_EQ(json["checkpoints"]["skipped"], Json::array());
  const Output further = thalweg(until(17, {"--resume", folder.run(), "--json", "--quiet"}));
  EXPECT_EQ(report(further.out), report(thalweg(until(17, {"--json", "--quiet"})).out));
}

/// The progressive report of one online: the last line of its output.
Json progressive(const Output& output) {
  EXPECT_EQ(output.code, 0) << output.err;
  Json json = Json::parse(lines_of(output.out).back(), nullptr, false);
  for (const char* key : {"data", "seconds", "saved", "checkpoints"}) json.erase(key);
  return json;
}

// A file is gone on with behind the lines that were learned from, standard input with what comes.
TEST(Checkpoints, OfLinesAsTheyComeGoOnBehindThoseLearnedFrom) {
  const std::string text =
      data::read_file(std::string(THALWEG_SOURCE) + "/data/agaricus/agaricus.train.svm.gz");
  std::size_t at = 0;
  for (int line = 0; line < 3000; ++line) at = text.find('\n', at) + 1;
  const Folder folder;
  const auto online = [&](const std::string& data, const Words& more) {
    Words words{"train",       "--online", "--data", data,     "--model",     "logistic",
                "--optimizer", "adam",     "--json", "--save", folder.model()};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  };
  const auto written = [&](const std::string& bytes) {
    std::ofstream(folder.path("a.svm"), std::ios::binary) << bytes;
    return folder.path("a.svm");
  };
  const Words resumable{"--checkpoint", folder.run(), "--resume", folder.run()};
  const Json whole = progressive(thalweg(online(written(text), {})));
  const std::string model = file_text(folder.model());
  fs::remove(folder.model());
  const Output wrong = thalweg(online(written(text.substr(0, at) + "1 7:x\n" + text.substr(at)), resumable));
  EXPECT_EQ(wrong.code, 3);
  EXPECT_THAT(wrong.err,
              MatchesRegex("no checkpoint in .*: beginning anew\nthalweg: what was learned before is in "
                           ".*/step-000000003000.safetensors: the same command with --resume .*/run goes on "
                           "from there\nthalweg: error: .*/a.svm:3001: found 'x' .*"));
  EXPECT_FALSE(fs::exists(folder.model()));
  const Output resumed = thalweg(online(written(text), resumable));
  EXPECT_THAT(resumed.err, HasSubstr("step-000000003000.safetensors, after 3000 lines\n"));
  EXPECT_EQ(progressive(resumed), whole);
  EXPECT_EQ(file_text(folder.model()), model);

  fs::remove_all(folder.run());
  const pid_t child =
      start(online(written(text), {"--follow", "--checkpoint", folder.run(), "--every", "50steps"}), folder);
  while (newest(folder) < 1000) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  ::kill(child, SIGKILL);
  EXPECT_EQ(end_of(child, folder).code, 128 + SIGKILL);
  EXPECT_EQ(progressive(thalweg(online(folder.path("a.svm"), resumable))), whole);
  EXPECT_EQ(file_text(folder.model()), model);

  fs::remove_all(folder.run());
  EXPECT_EQ(thalweg(online("-", resumable), {}, written(text.substr(0, at))).code, 0);
  const Output rest = thalweg(online("-", resumable), {}, written(text.substr(at)));
  EXPECT_THAT(rest.err, HasSubstr(", after 3000 lines\n"));
  EXPECT_EQ(progressive(rest), whole);
  EXPECT_EQ(file_text(folder.model()), model);
  const Output nothing = thalweg(online("-", resumable), {}, written(""));
  EXPECT_EQ(nothing.code, 0) << nothing.err;
  EXPECT_EQ(progressive(nothing), whole);
  EXPECT_EQ(file_text(folder.model()), model);
}

// What else a training keeps: a plateau, 16 bits, sparse steps.
TEST(Checkpoints, KeepAllThatATrainingHas) {
  const std::vector<Words> kinds{
      {"--data", "iris", "--model", "softmax", "--optimizer", "momentum:lr=0.1", "--schedule",
       "plateau:patience=1,gamma=0.5,threshold=0.2"},
      {"--data", "iris", "--model", "mlp:8", "--optimizer", "adam", "--parameters", "bfloat16", "--master",
       "--state", "int8", "--rounding", "stochastic", "--cooldown", "0"},
      {"--data", "iris", "--model", "softmax", "--optimizer", "schedule_free_adamw"},
      {"--data", "iris", "--model", "softmax", "--optimizer", "prodigy", "--cooldown", "0"},
      {"--data", "agaricus", "--model", "logistic:l2=0.01", "--optimizer", "sgd:lr=0.5", "--cooldown", "0",
       "--batch", "1", "--skipped", "scaled"}};
  for (const Words& kind : kinds) {
    const Folder folder;
    const auto run = [&](const std::string& steps, const Words& more) {
      Words words{"train", "--json", "--quiet", "--epochs", "6", "--max-steps", steps};
      words.insert(words.end(), kind.begin(), kind.end());
      words.insert(words.end(), more.begin(), more.end());
      return thalweg(words);
    };
    ASSERT_EQ(run("14", {"--checkpoint", folder.run()}).code, 0) << kind[5];
    const Output resumed = run("24", {"--resume", folder.run(), "--save", folder.model()});
    const Output whole = run("24", {"--save", folder.model("whole")});
    EXPECT_EQ(report(resumed.out), report(whole.out)) << kind[5];
    EXPECT_EQ(file_text(folder.model()), file_text(folder.model("whole"))) << kind[5];
  }
}

TEST(Inspect, ShowsCheckpointsModelsAndDamage) {
  const Folder folder;
  ASSERT_EQ(thalweg(until(4, {"--checkpoint", folder.run(), "--save", folder.model()})).code, 0);
  const std::string path = folder.run() + "/step-000000000004.safetensors";
  const Json json = json_of(thalweg({"inspect", path, "--json"}));
  EXPECT_EQ(json["kind"], "checkpoint");
  EXPECT_EQ(json["checksum"], "holds");
  EXPECT_EQ(json["bytes"], fs::file_size(path));
  EXPECT_EQ(json["metadata"]["steps"], "4");
  EXPECT_EQ(json["metadata"]["group.0.rule"], "adam:lr=0.01");
  EXPECT_EQ(json["metadata"]["note.run.batch"], "32");
  bool found = false;
  for (const Json& tensor : json["tensors"]) {
    if (tensor["name"] != "slot.v.layer1.bias") continue;
    found = true;
    EXPECT_EQ(tensor["type"], "F32");
    EXPECT_EQ(tensor["shape"], Json({8}));
    EXPECT_GE(tensor["min"], 0);
    EXPECT_GE(tensor["norm"], tensor["max"]);
    EXPECT_EQ(tensor["not_finite"], 0);
  }
  EXPECT_TRUE(found);
  const Output text = thalweg({"inspect", folder.model()});
  EXPECT_EQ(text.code, 0);
  EXPECT_THAT(text.out,
              AllOf(HasSubstr(": model, "), HasSubstr("checksum: none"), HasSubstr("layer1.weights")));
  std::string bytes = file_text(path);
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  std::ofstream(path, std::ios::binary) << bytes;
  const Output broken = thalweg({"inspect", path});
  EXPECT_EQ(broken.code, 3);
  EXPECT_THAT(broken.out, HasSubstr("checksum: broken"));
  EXPECT_THAT(broken.err, HasSubstr("found bytes that do not agree with their checksum"));
}

}  // namespace
}  // namespace thalweg::test::checkpoint_test
