#include "report/journal.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>

#include <thalweg/error.h>

#include "../data/temporary.h"
#include "samples.h"

namespace thalweg::report::journal_test {
namespace {

using testing::HasSubstr;

std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

workbench::Run some_run() {
  workbench::Run run = participant("adam", {0.1 + 0.2}).runs[0];
  run.start = models::Scores{2.302585092994046, 0.1};
  return run;
}

std::string error_of(const std::string& folder, const std::string& experiment) {
  try {
    const Journal journal(folder, experiment, true);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind, Error::Kind::input);
    return error.what();
  }
  return "no error";
}

const workbench::RunRequest request{"adam:lr=0.1", 3, 7};

TEST(Journal, GivesBackTheSameBits) {
  const data::TemporaryFolder folder;
  const workbench::Run run = some_run();
  workbench::Run lost;
  lost.divergence = workbench::Divergence{7, "the \"loss\" is not finite"};
  {
    Journal journal(folder.path(), "trials = 3\n", false);
    journal.add("digits 0badcafe", request, run);
    journal.add("digits 0badcafe", {"sgd", 3, 7}, lost);
    EXPECT_EQ(journal.size(), 2U);
  }
  Journal journal(folder.path(), "trials = 3\n", true);
  EXPECT_EQ(journal.size(), 2U);
  const auto found = journal.find("digits 0badcafe", request);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->result->test->metric, run.result->test->metric);
  EXPECT_EQ(found->result->validation.loss, run.result->validation.loss);
  EXPECT_EQ(found->start->loss, run.start->loss);
  EXPECT_EQ(found->seconds, run.seconds);
  ASSERT_EQ(found->curve.size(), 2U);
  EXPECT_EQ(found->curve[0].train_loss, 1.0 / 3);
  EXPECT_EQ(found->curve[1].validation.metric, run.curve[1].validation.metric);
  const auto other = journal.find("digits 0badcafe", {"sgd", 3, 7});
  EXPECT_FALSE(other->result);
  EXPECT_EQ(other->divergence->step, 7U);
  EXPECT_EQ(other->divergence->what, "the \"loss\" is not finite");
  for (const auto& [workload, asked] : {std::pair{"digits 0badcaff", request},
                                        {"digits 0badcafe", workbench::RunRequest{"adam:lr=0.2", 3, 7}},
                                        {"digits 0badcafe", workbench::RunRequest{"adam:lr=0.1", 4, 7}},
                                        {"digits 0badcafe", workbench::RunRequest{"adam:lr=0.1", 3, 8}}})
    EXPECT_FALSE(journal.find(workload, asked));
}

TEST(Journal, ALineThatWasCutOffIsForgottenAndNeverGluedTo) {
  const data::TemporaryFolder folder;
  const std::string path = folder.path() + "/journal.jsonl";
  {
    Journal journal(folder.path(), "x", false);
    journal.add("w", request, some_run());
    journal.add("w", {"sgd", 1, 7}, some_run());
  }
  const std::string whole = text_of(path);
  // Killed at any byte: what was complete is known, and what follows is written on lines of its own.
  for (std::size_t cut = 0; cut < whole.size(); cut += 37) {
    std::ofstream(path, std::ios::binary) << whole.substr(0, cut);
    {
      Journal journal(folder.path(), "x", true);
      const std::size_t lines = static_cast<std::size_t>(
          std::count(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(cut), '\n'));
      EXPECT_EQ(journal.size(), lines == 0 ? 0 : lines - 1) << cut;
      journal.add("w", {"later", 1, 7}, some_run());
    }
    Journal again(folder.path(), "x", true);
    EXPECT_TRUE(again.find("w", {"later", 1, 7})) << cut;
  }
}

TEST(Journal, IsNeverMixedWithAnotherExperiment) {
  const data::TemporaryFolder folder;
  {
    Journal journal(folder.path(), "trials = 3\nseeds = 2\n", false);
    journal.add("w", request, some_run());
  }
  EXPECT_THAT(error_of(folder.path(), "trials = 3\nseeds = 5\n"),
              AllOf(HasSubstr("runs of another experiment: 'seeds = 2' there is 'seeds = 5' here"),
                    HasSubstr("without --resume it starts anew")));
  EXPECT_EQ(error_of(folder.path(), "trials = 3\nseeds = 2\n"), "no error");
  std::ofstream(folder.path() + "/journal.jsonl", std::ios::app) << "{\"what\": 1}\n";
  EXPECT_THAT(error_of(folder.path(), "trials = 3\nseeds = 2\n"),
              HasSubstr("journal.jsonl:3: found a line that is no"));
}

TEST(Journal, StartingAnewPutsUnfinishedWorkAside) {
  const data::TemporaryFolder folder;
  {
    Journal journal(folder.path(), "x", false);
    journal.add("w", request, some_run());
  }
  const std::string old = text_of(folder.path() + "/journal.jsonl");
  {
    Journal journal(folder.path(), "x", false);
    EXPECT_EQ(journal.put_aside(), 1U);
    EXPECT_EQ(journal.size(), 0U);
    journal.finish();
  }
  EXPECT_EQ(text_of(folder.path() + "/journal.jsonl~"), old);
  Journal journal(folder.path(), "x", false);
  EXPECT_EQ(journal.put_aside(), 0U) << "what is finished is in the results";
}

}  // namespace
}  // namespace thalweg::report::journal_test
