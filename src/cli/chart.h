#pragma once

#include <string>
#include <vector>

namespace thalweg::cli {

/// A curve of block characters, `width` columns wide in all and `height` lines high, over 0 (or the lowest
/// value, if that is below) to the highest. Each line ends with '\n'; the last one names the ends of the
/// horizontal axis.
[[nodiscard]] std::string block_chart(const std::vector<double>& values, std::size_t width,
                                      std::size_t height, const std::string& first, const std::string& last);

}  // namespace thalweg::cli
