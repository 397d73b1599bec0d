// docs/performance.md cannot drift from the record that it was made from.

#include <filesystem>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>

#include "bench/roofline.h"
#include "bench/sparse_cases.h"
#include "bench/tables.h"
#include "made_up.h"

namespace thalweg::bench::test::page_test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string file_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

const std::string source = THALWEG_SOURCE;

TEST(Performance, TablesAreThoseOfTheRecord) {
  const std::string page = file_text(source + "/docs/performance.md");
  const std::string begin = "<!-- thalweg bench --from bench/results/performance.json --markdown -->\n";
  const std::string end = "<!-- end -->";
  const auto from = page.find(begin), to = page.find(end);
  ASSERT_NE(from, std::string::npos);
  ASSERT_NE(to, std::string::npos);
  const Record record = from_json(file_text(source + "/bench/results/performance.json"), "performance.json");
  EXPECT_EQ(page.substr(from + begin.size(), to - from - begin.size()), markdown_of(record))
      << "scripts/make-performance makes the page anew";
}

TEST(Performance, PictureIsThatOfTheRecord) {
  const Record record = from_json(file_text(source + "/bench/results/performance.json"), "performance.json");
  EXPECT_EQ(file_text(source + "/docs/images/roofline.svg"), roofline_svg(record));
}

TEST(Tables, ShowFigureAndShare) {
  const std::string text = markdown_of(record());
  EXPECT_THAT(text, HasSubstr("### rules, float32, 1 thread: ns a parameter, % of the memory limit\n"));
  EXPECT_THAT(text, HasSubstr("| adam | 1.25 80% |\n"));
  EXPECT_THAT(text, HasSubstr("| other: adam | 5.00 4x |\n"));
  EXPECT_THAT(text, HasSubstr("| adam, bf16 state | 1.00 0.80x |\n"));
  EXPECT_THAT(text, HasSubstr("Left out: something: a reason.\n"));
  EXPECT_THAT(text, HasSubstr("| root and quotient | 0.400 | |\n"));
}

TEST(Tables, HoldSparseStepsAgainstTheLoop) {
  Record r = record();
  const auto add = [&](const std::string& group, const std::string& name, double ns) {
    r.entries.push_back(entry(group, name, "few of many", 1, {ns, ns, ns}, 0, "loop"));
    r.entries.back().unit = "nonzero";
  };
  add("limit", "loop", 2);
  add("sparse", "sgd, batch 1", 4);
  add("sparse", "adagrad, batch 1", 6);
  add("sparse", cached_name("adagrad, batch 1"), 5);
  r.entries.back().limit = "";
  add("peer", "other: sgd, batch 1", 10);
  r.entries.back().limit = "";
  r.entries.back().reference = "sgd, batch 1";
  const std::string text = markdown_of(r);
  EXPECT_THAT(text, HasSubstr("| | few of many |\n"));
  EXPECT_THAT(text, HasSubstr("| loop | 2.00 |\n"));
  EXPECT_THAT(text, HasSubstr("| sgd, batch 1 | 4.00 2.00x |\n"));
  EXPECT_THAT(text, HasSubstr("| sgd, batch 1 at most 3.5 ns a nonzero, or 2.2 times the loop: few of many | "
                              "4 ns, 2.00 times | met |"));
  EXPECT_THAT(
      text,
      HasSubstr("few of many | 6 ns, 3.00 times | short by 36 % | 6 ns a nonzero, memory at the same places "
                "alone 2; of the 600 ns of a step of 100, 500 are left where rows and table are in the "
                "second-level cache: arithmetic, and what a step costs at any size |"));
  EXPECT_THAT(text, HasSubstr("| adagrad, batch 1, from the second-level cache | 5.00 |\n"));
  EXPECT_THAT(text, HasSubstr("| other: sgd, batch 1 | 10 2.50x |\n"));
  EXPECT_THAT(text,
              HasSubstr("| sgd, batch 1 at least 4 times faster than other: few of many | 2.50 | short"));
}

TEST(Roofline, HasADotPerRuleAndSizeAndEachRoof) {
  const std::string svg = roofline_svg(record());
  EXPECT_THAT(svg, HasSubstr("<title>adam, 1e8: 1.25 ns a parameter, 22.4 GB/s</title>"));
  EXPECT_THAT(svg, HasSubstr("<title>memory at 1e8: 28.0 GB/s</title>"));
  EXPECT_THAT(svg, HasSubstr("root and quotient</text>"));
  EXPECT_THAT(svg, Not(HasSubstr("\"nan")));
  EXPECT_THAT(roofline_svg(Record{}), Not(HasSubstr("nan\"")));
  EXPECT_THAT(roofline_page(record()), HasSubstr("<svg "));
}

}  // namespace
}  // namespace thalweg::bench::test::page_test
