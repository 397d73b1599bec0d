// lr-find against a sweep over all rates, as docs/lr-find.md shows it. THALWEG_WRITE_DOCS=1 writes it there.

#include "workbench/lr_find_table.h"

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>

#include <gtest/gtest.h>

#include <thalweg/thread_pool.h>

namespace thalweg::workbench::lr_find_table_test {
namespace {

constexpr const char* begin_mark = "<!-- table: tests/workbench/lr_find_table_test.cpp -->\n";
constexpr const char* end_mark = "<!-- end of table -->";

std::string page_path() { return std::string(THALWEG_SOURCE) + "/docs/lr-find.md"; }

std::string page() {
  std::ifstream file(page_path(), std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// The cells of the table of the page, without its head.
std::vector<std::vector<std::string>> rows_of(const std::string& table) {
  std::vector<std::vector<std::string>> rows;
  std::istringstream lines(table);
  for (std::string line; std::getline(lines, line);) {
    std::vector<std::string> cells;
    std::istringstream parts(line.substr(1));
    for (std::string cell; std::getline(parts, cell, '|');) cells.push_back(cell.substr(1, cell.size() - 2));
    rows.push_back(cells);
  }
  return {rows.begin() + 2, rows.end()};
}

TEST(LrFindTable, IsWithinAFactorOf3AndAsThePageSays) {
  std::vector<RateCase> cases = rate_cases();
  EXPECT_EQ(cases.size(), 36U);
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(NDEBUG)
  std::erase_if(cases,
                [](const RateCase& one) { return one.data != "iris"; });  // slow there, and the same code
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
  std::erase_if(cases, [](const RateCase& one) { return one.data != "iris"; });
#endif
#endif
  std::vector<RateComparison> measured(cases.size());
  ThreadPool pool;
  pool.run(cases.size(), [&](std::size_t i) { measured[i] = compare_with_sweep(cases[i]); });
  for (const RateComparison& one : measured) {
    EXPECT_GT(one.found, one.best / 3) << one.what.data << " " << one.what.model << " " << one.what.optimizer;
    EXPECT_LT(one.found, one.best * 3) << one.what.data << " " << one.what.model << " " << one.what.optimizer;
  }

  std::string text = page();
  const std::size_t begin = text.find(begin_mark) + std::string(begin_mark).size(), end = text.find(end_mark);
  ASSERT_NE(end, std::string::npos);
  if (std::getenv("THALWEG_WRITE_DOCS") != nullptr) {
    ASSERT_EQ(measured.size(), 36U);
    std::ofstream(page_path(), std::ios::binary) << text.replace(begin, end - begin, rate_table(measured));
    return;
  }
  // Not to the letter: the matrix product rounds differently on another processor.
  const auto shown = rows_of(text.substr(begin, end - begin));
  std::size_t found = 0;
  for (const auto& row : shown) {
    for (const RateComparison& one : measured) {
      if (row.at(0) != one.what.data || row.at(1) != one.what.model || row.at(2) != one.what.optimizer)
        continue;
      ++found;
      EXPECT_NEAR(std::log10(std::stod(row.at(3))), std::log10(one.best), 0.3)
          << row.at(0) << row.at(1) << row.at(2);
      EXPECT_NEAR(std::log10(std::stod(row.at(4))), std::log10(one.found), 0.15)
          << row.at(0) << row.at(1) << row.at(2);
    }
  }
  EXPECT_EQ(found, measured.size());
  EXPECT_EQ(shown.size(), 36U);
}

}  // namespace
}  // namespace thalweg::workbench::lr_find_table_test
