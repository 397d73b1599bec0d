// Trainings that are interrupted twice, and disks that are full or take nothing.

#include <chrono>
#include <csignal>
#include <cstring>
#include <fstream>
#include <thread>

#include <sys/resource.h>

#include "runs.h"
#include "small_disk.h"

namespace thalweg::test::interruption_test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

/// Whether a process has a handler for a signal.
bool catches(pid_t process, int signal) {
  const std::string status = file_text("/proc/" + std::to_string(process) + "/status"), before = "SigCgt:\t";
  const std::size_t at = status.find(before);
  if (at == status.npos) return false;
  return (std::stoull(status.substr(at + before.size()), nullptr, 16) >> static_cast<unsigned>(signal - 1) &
          1U) != 0;
}

// A step of this training takes a third of a second or more, by its rows: the first signal is noted and waits
// for its end. The training gives way to the test where they compete.
TEST(Interruptions, TheSecondSignalEndsATrainingAtOnce) {
  const Scratch data;
  std::ofstream rows(data.path("rows.csv"));
  for (int i = 0; i < 24'000; ++i)
    rows << i % 7 << ',' << i % 11 << ',' << (i % 7 + i % 11 > 8 ? "much" : "little") << '\n';
  rows.close();
  for (const auto& [first, second] : {std::pair(SIGINT, SIGINT), {SIGTERM, SIGINT}}) {
    const Folder folder;
    const pid_t child =
        start({"train", "--data", data.path("rows.csv"), "--model", "mlp:512,512", "--batch", "0",
               "--optimizer", "sgd", "--threads", "1", "--epochs", "1", "--checkpoint", folder.run()},
              folder);
    while (!fs::exists(folder.run())) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    ASSERT_EQ(::setpriority(PRIO_PROCESS, static_cast<id_t>(child), 19), 0);
    ASSERT_TRUE(catches(child, first));
    ::kill(child, first);
    while (catches(child, first)) std::this_thread::yield();
    ASSERT_EQ(::waitpid(child, nullptr, WNOHANG), 0) << "the first one was not noted";
    ::kill(child, second);
    const Output output = end_of(child, folder);
    EXPECT_EQ(output.code, 128 + second);
    EXPECT_THAT(output.err, Not(HasSubstr("is written")));
    EXPECT_THAT(folder.checkpoints(), ::testing::IsEmpty());
  }
}

TEST(Disks, AFullOneLeavesTheCheckpointBefore) {
  const SmallDisk disk;
  if (disk.error() != 0) GTEST_SKIP() << "no disk can be mounted here: " << std::strerror(disk.error());
  const Folder folder;
  const std::string run = disk.path("run"), kept = run + "/step-000000000004.safetensors";
  ASSERT_EQ(thalweg(until(4, {"--checkpoint", run})).code, 0);
  const std::string bytes = file_text(kept);
  ASSERT_GT(bytes.size(), 4096U) << "or it would fit into what is left";
  disk.fill(4096);
  const Output full = thalweg(until(8, {"--resume", run, "--every", "1steps"}));
  EXPECT_EQ(full.code, 3);
  EXPECT_THAT(full.err, HasSubstr(run + "/step-000000000005.safetensors: found that it cannot be written (No "
                                        "space left on device); expected a path that can be written"));
  EXPECT_THAT(Folder::checkpoints_in(run), ::testing::ElementsAre("step-000000000004.safetensors"));
  EXPECT_EQ(file_text(kept), bytes);
  disk.fill(0);
  const Output none = thalweg(until(8, {"--save", disk.path("model")}));
  EXPECT_EQ(none.code, 3);
  EXPECT_THAT(none.err, HasSubstr("/model: found that it cannot be written (No space left on device)"));
  EXPECT_FALSE(fs::exists(disk.path("model")));
  disk.empty();
  EXPECT_EQ(thalweg(until(8, {"--resume", run, "--save", folder.model()})).code, 0);
  EXPECT_EQ(thalweg(until(8, {"--save", folder.model("whole")})).code, 0);
  EXPECT_EQ(file_text(folder.model()), file_text(folder.model("whole")));
}

TEST(Disks, OneThatTakesNothingIsRefusedBeforeTheTraining) {
  const SmallDisk disk;
  if (disk.error() != 0) GTEST_SKIP() << "no disk can be mounted here: " << std::strerror(disk.error());
  const std::string run = disk.path("run");
  ASSERT_EQ(thalweg(until(4, {"--checkpoint", run})).code, 0);
  ASSERT_EQ(disk.make_read_only(), 0);
  const std::string why = ": found that it cannot be written (Read-only file system); expected ";
  for (const auto& [words, named] : {std::pair(Words{"--resume", run}, "/step-000000000000.safetensors.new"),
                                     {Words{"--checkpoint", disk.path("other")}, "/other"},
                                     {Words{"--save", disk.path("model")}, "/model"}}) {
    const Output output = thalweg(until(8, words));
    EXPECT_EQ(output.code, 3);
    EXPECT_THAT(output.err, HasSubstr(named + why));
    EXPECT_EQ(output.out, "") << "nothing was trained";
  }
  EXPECT_THAT(Folder::checkpoints_in(run), ::testing::ElementsAre("step-000000000004.safetensors"));
}

}  // namespace
}  // namespace thalweg::test::interruption_test
