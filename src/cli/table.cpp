#include "cli/table.h"

#include <algorithm>
#include <cassert>
#include <numeric>

#include "cli/text.h"

namespace thalweg::cli {
namespace {

constexpr std::size_t gap = 2;
constexpr std::size_t readable = 16;  // a broken column that is narrower is hard to read

std::string styled(const Terminal& terminal, Table::Style style, const std::string& text) {
  switch (style) {
    case Table::Style::plain:
      return text;
    case Table::Style::accent:
      return terminal.accent(text);
    case Table::Style::faint:
      return terminal.faint(text);
  }
  return text;
}

}  // namespace

void Table::add(std::vector<std::string> cells) {
  assert(cells.size() == columns_.size());
  rows_.push_back(std::move(cells));
}

/// Widths of the first `count` columns: the natural ones, or else the widest columns give way first.
std::vector<std::size_t> Table::widths(std::size_t count, std::size_t available) const {
  std::vector<std::size_t> result;
  for (std::size_t i = 0; i < count; ++i) {
    std::size_t widest = display_width(columns_[i].title);
    for (const auto& row : rows_) widest = std::max(widest, display_width(row[i]));
    result.push_back(widest);
  }
  const std::size_t gaps = gap * (count - 1);
  const std::size_t room = available > gaps ? available - gaps : count;
  while (std::accumulate(result.begin(), result.end(), std::size_t{0}) > room) {
    const auto widest = std::max_element(result.rbegin(), result.rend());  // of equals the last
    if (*widest <= 1) break;
    --*widest;
  }
  return result;
}

std::string Table::text(const Terminal& terminal, std::size_t indent) const {
  const std::size_t available = terminal.width - indent;
  std::size_t count = columns_.size();
  std::vector<std::size_t> width = widths(count, available);
  const std::vector<std::size_t> natural = widths(count, 1'000'000);
  const bool below =
      count > 2 && !columns_.back().cut && width.back() < natural.back() && width.back() < readable + gap * 2;
  if (below) width = widths(--count, available);

  const std::string margin(indent, ' ');
  std::string all;
  const auto add_row = [&](const std::vector<std::string>& cells, bool head) {
    std::vector<std::vector<std::string>> lines;
    std::size_t height = 1;
    for (std::size_t i = 0; i < count; ++i) {
      lines.push_back(columns_[i].cut ? std::vector{shortened(cells[i], width[i])}
                                      : wrapped(cells[i], width[i]));
      height = std::max(height, lines.back().size());
    }
    for (std::size_t h = 0; h < height; ++h) {
      std::string line = margin, blanks;
      for (std::size_t i = 0; i < count; ++i) {
        const std::string cell = h < lines[i].size() ? lines[i][h] : "";
        const std::size_t missing = width[i] - std::min(width[i], display_width(cell));
        if (columns_[i].right) blanks.append(missing, ' ');
        if (!cell.empty()) {
          line += blanks + (head ? terminal.faint(cell) : styled(terminal, columns_[i].style, cell));
          blanks.clear();
        }
        blanks.append((columns_[i].right ? 0 : missing) + gap, ' ');
      }
      all += line + "\n";
    }
    if (below && !cells[count].empty() && !head)
      all += paragraph(cells[count], terminal.width, indent + 2 * gap);
  };
  std::vector<std::string> titles;
  bool has_titles = false;
  for (const Column& column : columns_) {
    titles.push_back(column.title);
    has_titles = has_titles || !column.title.empty();
  }
  if (has_titles) add_row(titles, true);
  for (const auto& row : rows_) add_row(row, false);
  return all;
}

}  // namespace thalweg::cli
