#include "workbench/compare/space.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <cmath>

#include <thalweg/error.h>
#include <thalweg/random.h>

namespace thalweg::workbench {
namespace {

double rounded(double value, std::chars_format format, int digits) {
  char text[64];
  const auto end = std::to_chars(text, text + sizeof text, value, format, digits).ptr;
  double read = value;
  std::from_chars(text, end, read);
  return read;
}

/// Where a value stands on the scale that is spread evenly.
double place(Axis::Scale scale, double value) {
  switch (scale) {
    case Axis::Scale::log:
      return std::log(value);
    case Axis::Scale::log_complement:
      return -std::log1p(-value);  // rises with the value
    case Axis::Scale::linear:
      break;
  }
  return value;
}

Axis::Scale scale_of(const KeyInfo& key) {
  const Range& range = key.range;
  if (range.low == 0 && range.high == 1 && range.high_open) return Axis::Scale::log_complement;
  return std::isfinite(range.low) && std::isfinite(range.high) ? Axis::Scale::linear : Axis::Scale::log;
}

void check_number(std::string_view rule, const KeyInfo& key) {
  if (key.kind == KeyInfo::Kind::number) return;
  throw usage_error("tune", key.name,
                    "must be a number of " + std::string(rule) + ": this is " + key.accepted());
}

}  // namespace

double three_digits(double value) { return rounded(value, std::chars_format::scientific, 2); }

double Axis::at(double share) const {
  const double from = place(scale, low), to = place(scale, high), here = from + share * (to - from);
  double value = here;
  if (scale == Scale::log) value = three_digits(std::exp(here));
  if (scale == Scale::linear) value = three_digits(here);
  if (scale == Scale::log_complement) {
    // As many decimals as show three digits of what is left to 1.
    const double rest = std::exp(-here);
    value = rounded(1 - rest, std::chars_format::fixed, 2 - static_cast<int>(std::floor(std::log10(rest))));
  }
  return std::clamp(value, low, high);
}

double Axis::share(double value) const {
  const double from = place(scale, low), to = place(scale, high);
  return std::clamp((place(scale, value) - from) / (to - from), 0.0, 1.0);
}

const char* scale_name(Axis::Scale scale) {
  switch (scale) {
    case Axis::Scale::log:
      return "log";
    case Axis::Scale::log_complement:
      return "log_complement";
    case Axis::Scale::linear:
      break;
  }
  return "linear";
}

Axis default_axis(std::string_view rule, const KeyInfo& key, double standard) {
  check_number(rule, key);
  Axis axis{key.name, 0, 0, scale_of(key)};
  if (axis.scale == Axis::Scale::linear) {
    axis.low = key.range.low;
    axis.high = key.range.high;
  } else if (axis.scale == Axis::Scale::log_complement) {
    const double rest = 1 - standard;
    axis.low = rounded(1 - std::min(1.0, 10 * rest), std::chars_format::fixed, 12);
    axis.high = rounded(1 - rest / 10, std::chars_format::fixed, 12);
  } else if (standard > 0) {
    axis.low = std::max(standard / 100, key.range.low);
    axis.high = std::min(standard * 100, key.range.high);
  } else {
    const bool decay = key.name == "weight_decay";
    axis.low = decay ? 1e-4 : 1e-6;
    axis.high = decay ? 1 : 1e-2;
  }
  return axis;
}

Axis given_axis(std::string_view rule, const KeyInfo& key, double standard, std::string_view text) {
  Axis axis = default_axis(rule, key, standard);
  const std::string name = std::string(rule) + ": " + key.name;
  const auto dots = text.find("..");
  if (dots == std::string_view::npos || !parse_number(text.substr(0, dots), axis.low) ||
      !parse_number(text.substr(dots + 2), axis.high) || !(axis.low < axis.high))
    throw usage_error(name, text, "a range is LOW..HIGH with LOW < HIGH");
  for (const double end : {axis.low, axis.high}) key.check(rule, end);
  if (axis.scale == Axis::Scale::log && axis.low <= 0) axis.scale = Axis::Scale::linear;
  return axis;
}

std::vector<double> spread_point(std::uint64_t seed, std::uint64_t index, std::size_t dimensions) {
  static constexpr std::array<std::uint64_t, 16> primes{2,  3,  5,  7,  11, 13, 17, 19,
                                                        23, 29, 31, 37, 41, 43, 47, 53};
  constexpr std::uint64_t shifts = 0x5ea4c4;  // the stream of random numbers that the shifts come from
  assert(dimensions <= primes.size());
  std::vector<double> point;
  for (std::size_t d = 0; d < dimensions; ++d) {
    double value = 0, share = 1;
    for (std::uint64_t rest = index; rest > 0; rest /= primes[d]) {
      share /= static_cast<double>(primes[d]);
      value += share * static_cast<double>(rest % primes[d]);
    }
    value += uniform(seed, shifts, d);
    point.push_back(value - std::floor(value));
  }
  return point;
}

}  // namespace thalweg::workbench
