#include <algorithm>
#include <cmath>
#include <limits>

#include "report/surface.h"

namespace thalweg::report {

using namespace workbench;

double Heights::of(double value) const { return logarithmic ? std::log10(value - base + floor) : value; }

namespace {

/// The heights above `base` of the grid's points, lowest first.
std::vector<double> sorted_heights(const Surface& surface, double base) {
  std::vector<double> above;
  for (const double value : surface.values) {
    if (!std::isnan(value)) above.push_back(value - base);
  }
  std::sort(above.begin(), above.end());
  return above;
}

}  // namespace

Heights heights(const Surface& surface) {
  if (!surface.minimum && !surface.slice) return heights(surface, false);
  const std::vector<double> above = sorted_heights(surface, heights(surface, true).base);
  return heights(surface, !above.empty() && above[above.size() * 9 / 10] > 40 * above[above.size() / 10]);
}

Heights heights(const Surface& surface, bool logarithmic) {
  std::vector<double> above = sorted_heights(surface, 0);
  if (above.empty()) above = {0, 1};
  const double low = above.front(), high = above.back();
  Heights made;
  made.logarithmic = logarithmic;
  made.base = std::min(surface.minimum.value_or(low), low);
  const double whole = high - made.base, tenth = above[above.size() / 10] - made.base;
  made.floor = std::max({std::min(1e-3 * whole, tenth), 1e-9 * whole, std::numeric_limits<double>::min()});
  made.low = made.of(low);
  made.high = made.of(high);
  if (!(made.high > made.low)) made.high = made.low + 1;
  return made;
}

std::string end_text(const SurfacePath& path, messages::Language language) {
  return std::string(messages::text(language, std::string("surface.end.") + end_name(path.end)));
}

std::string surface_headline(const Surface& surface, messages::Language language) {
  const auto list = [&](const std::vector<std::string>& names) {
    if (names.size() > 6)
      return messages::format(
          language, "surface.others",
          fmt::arg("names", names[0] + std::string(messages::text(language, "surface.comma")) + names[1]),
          fmt::arg("n", names.size() - 2));
    std::string all;
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (i > 0) all += messages::text(language, i + 1 == names.size() ? "surface.and" : "surface.comma");
      all += names[i];
    }
    return all;
  };
  std::vector<std::string> parts;
  for (const PathEnd end : {PathEnd::reached, PathEnd::finished, PathEnd::local_minimum, PathEnd::saddle,
                            PathEnd::flat, PathEnd::under_way, PathEnd::left, PathEnd::diverged}) {
    std::vector<std::string> names;
    for (const SurfacePath& path : surface.paths) {
      if (path.end == end) names.push_back(path.label);
    }
    if (names.empty()) continue;
    parts.push_back(messages::format(
        language, std::string("surface.headline.") + end_name(end) + (names.size() > 1 ? ".many" : ""),
        fmt::arg("names", list(names))));
  }
  std::string all;
  for (const std::string& part : parts) {
    if (!all.empty()) all += messages::text(language, "surface.semicolon");
    all += part;
  }
  return messages::format(language, "surface.headline", fmt::arg("what", surface.title),
                          fmt::arg("said", all));
}

}  // namespace thalweg::report
