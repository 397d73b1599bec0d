#pragma once

#include <string_view>

namespace thalweg::report {

/// The content of a file that was compiled in (see cmake/embed.cmake), by its name without folders; empty if
/// there is none.
[[nodiscard]] std::string_view embedded(std::string_view name);

}  // namespace thalweg::report
