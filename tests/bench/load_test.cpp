// Files that are made up and loaded, and what becomes of their figures.

#include <cstdlib>
#include <filesystem>

#include <gmock/gmock.h>

#include "bench/goals.h"
#include "bench/load_cases.h"
#include "bench/suite.h"
#include "bench/tables.h"

namespace thalweg::bench::load_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Load, IsMeasuredAloneAndLeavesNothingBehind) {
  std::string pattern = (std::filesystem::temp_directory_path() / "thalweg-load-XXXXXX").string();
  const std::string folder = ::mkdtemp(pattern.data());
  ::setenv("TMPDIR", folder.c_str(), 1);
  Options options;
  options.only = {"load"};
  options.load_bytes = 200'000;
  options.rounds = 2;
  options.threads = 1;
  const Record record = run_suite(options, [](double, const std::string&) {});
  ::unsetenv("TMPDIR");
  EXPECT_TRUE(std::filesystem::is_empty(folder));
  std::filesystem::remove_all(folder);
  EXPECT_THAT(record.left_out, IsEmpty());  // each case counts the rows that it finds
  std::vector<std::string> names;
  for (const Entry& e : record.entries) {
    names.push_back(e.name);
    EXPECT_EQ(e.unit, "byte");
    EXPECT_EQ(e.rounds.size(), 2U);
    if (e.group == "load") {
      EXPECT_EQ(record.shares(e).size(), 2U) << e.name;
    }
  }
  EXPECT_THAT(names, ElementsAre("copy", "new memory", "load libsvm", "load csv", "load idx", "stream libsvm",
                                 "survey libsvm"));
}

Entry entry(const std::string& group, const std::string& name, double bytes, std::vector<double> rounds) {
  Entry e;
  e.group = group;
  e.name = name;
  e.size = "64 MB";
  e.precision = "float32";
  e.unit = "byte";
  e.bytes = bytes;
  e.limit = group == "limit" ? "" : "copy";
  e.rounds = std::move(rounds);
  return e;
}

TEST(Load, IsHeldAgainstItsSpeedAndTheCopyOfTheSameRounds) {
  Record record;
  record.entries = {entry("limit", "copy", 2, {0.2, 0.4, 0.2}), entry("load", "load libsvm", 0, {2, 2.5, 1}),
                    entry("load", "load csv", 0, {4, 4, 4}), entry("load", "load idx", 5, {1, 2, 1})};
  const std::vector<Goal> goals = goals_of(record);
  ASSERT_EQ(goals.size(), 3U);
  EXPECT_EQ(goals[0].what, "libsvm at 300 MB/s or more: 64 MB, 1 thread");
  EXPECT_EQ(goals[0].figure, "500 MB/s");
  EXPECT_EQ(goals[0].verdict(), "met");
  EXPECT_EQ(goals[1].what, "csv at 300 MB/s or more: 64 MB, 1 thread");
  EXPECT_EQ(goals[1].verdict(), "short by 17 %");
  EXPECT_THAT(goals[1].binds, HasSubstr("4 ns a byte, the copy alone 0.2"));
  // 5 bytes moved for each of the file against the copy's 2: half of its speed.
  EXPECT_EQ(goals[2].what, "idx at 90 % of the speed of a copy or more: 64 MB, 1 thread");
  EXPECT_EQ(goals[2].figure, "50.0 %");
  EXPECT_EQ(goals[2].verdict(), "short by 44 %");
  const std::vector<TableText> tables = tables_of(record);
  ASSERT_EQ(tables.size(), 1U);  // files have a table of their own, and no place in those of the steps
  EXPECT_EQ(tables[0].title, "loading files of 64 MB, 1 thread");
  EXPECT_THAT(tables[0].rows[1], ElementsAre("load libsvm", "500", "2.000", "16", ""));
  EXPECT_THAT(tables[0].rows[3], ElementsAre("load idx", "1000", "1.000", "50", ""));
}

}  // namespace
}  // namespace thalweg::bench::load_test
