#pragma once

#include <string>
#include <vector>

#include "bench/goals.h"
#include "bench/record.h"

namespace thalweg::bench {

/// A table as text, for a terminal or Markdown: the first column is aligned to the left.
struct TableText {
  std::string title, note;
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;
};

/// Limits, kernels in the first-level cache, the rules in each precision and number of threads with ns a
/// parameter and per cent of their limit, chains and storages over plain Adam, overheads, peers,
/// files.
[[nodiscard]] std::vector<TableText> tables_of(const Record& record);

/// "goal | figure | verdict | what binds".
[[nodiscard]] TableText goals_table(const std::vector<Goal>& goals);

/// One line on the machine.
[[nodiscard]] std::string machine_line(const Record& record);

/// All of it, with the goals first, as the part of docs/performance.md between its marks.
[[nodiscard]] std::string markdown_of(const Record& record);

}  // namespace thalweg::bench
