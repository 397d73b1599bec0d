#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "cli/terminal.h"

namespace thalweg::cli {

/// Rows of text in aligned columns that never exceed the terminal's width.
class Table {
 public:
  enum class Style { plain, accent, faint };
  struct Column {
    std::string title = {};  ///< a table whose titles are all empty has no head
    bool right = false;      ///< aligned to the right, as numbers are
    bool cut = false;        ///< too long text is cut off, instead of being broken into lines
    Style style = Style::plain;
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  /// One text per column.
  void add(std::vector<std::string> cells);
  [[nodiscard]] bool empty() const { return rows_.empty(); }

  /// The lines, each indented and ending with '\n'. Columns share the width; where the last one would become
  /// too narrow to read, it moves below the others.
  [[nodiscard]] std::string text(const Terminal& terminal, std::size_t indent = 2) const;

 private:
  [[nodiscard]] std::vector<std::size_t> widths(std::size_t count, std::size_t available) const;

  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace thalweg::cli
