#include "cli/chart.h"

#include <algorithm>
#include <cmath>

#include "cli/text.h"

namespace thalweg::cli {

std::string block_chart(const std::vector<double>& values, std::size_t width, std::size_t height,
                        const std::string& first, const std::string& last) {
  static const std::string eighths[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  const double low = std::min(0.0, *std::min_element(values.begin(), values.end()));
  double high = *std::max_element(values.begin(), values.end());
  if (!(high > low)) high = low + 1;
  const std::string top = short_number(high, 4), bottom = short_number(low, 4);
  const std::size_t label = std::max(display_width(top), display_width(bottom));
  const std::size_t columns = std::max<std::size_t>(width > label + 2 ? width - label - 2 : 1, 8);

  std::vector<int> level;  // in eighths of a line, at least one so that a zero is seen as a line
  for (std::size_t i = 0; i < columns; ++i) {
    const double at =
        static_cast<double>(i) * static_cast<double>(values.size() - 1) / static_cast<double>(columns - 1);
    const double value = values[static_cast<std::size_t>(std::lround(at))];
    level.push_back(std::max(
        1, static_cast<int>(std::lround((value - low) / (high - low) * 8 * static_cast<double>(height)))));
  }
  std::string all;
  for (std::size_t line = height; line-- > 0;) {
    const std::string& number = line + 1 == height ? top : line == 0 ? bottom : std::string();
    std::string row = pad_left(number, label) + " ┤";
    for (const int eighth : level)
      row += eighths[static_cast<std::size_t>(std::clamp(eighth - 8 * static_cast<int>(line), 0, 8))];
    while (row.back() == ' ') row.pop_back();
    all += row + "\n";
  }
  const std::string axis = std::string(label + 2, ' ') + first;
  const std::size_t room = label + 2 + columns;
  all += axis + pad_left(last, room > display_width(axis) ? room - display_width(axis) : 0) + "\n";
  return all;
}

}  // namespace thalweg::cli
