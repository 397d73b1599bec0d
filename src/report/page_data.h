#pragma once

#include <cstddef>
#include <string>

#include <nlohmann/json_fwd.hpp>

namespace thalweg::report {

/// What a page needs of the results of a comparison or a suite: all of them on one line, and if that is
/// longer than `budget` bytes, its curves with six digits, and then with at most so many points that it fits;
/// "curve_points" says how many. What is no curve always stays.
[[nodiscard]] std::string page_data(nlohmann::ordered_json results, std::size_t budget = 2'000'000);

}  // namespace thalweg::report
