#pragma once

#include <cstddef>
#include <string>

#include <nlohmann/json_fwd.hpp>

namespace thalweg::report {

inline constexpr std::size_t page_budget =
    2'300'000;  ///< bytes of numbers: the whole page is to be under 3 MB

/// What a page needs of the results of a comparison or a suite: all of them on one line. If that is longer
/// than `budget` bytes, each optimizer has "curves" with the mean, the lowest and the highest over its runs
/// instead of theirs, its trials have no specs and times, and its numbers have six digits; if it still is,
/// the curves have at most as many points as fit, which "curve_points" says, and long ones lose them before
/// short ones.
[[nodiscard]] std::string page_data(nlohmann::ordered_json results, std::size_t budget = page_budget);

}  // namespace thalweg::report
