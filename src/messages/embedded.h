#pragma once

#include <string_view>

namespace thalweg::messages {

/// The content of a message file that was compiled in (see cmake/embed.cmake), by its name: "en.json".
[[nodiscard]] std::string_view embedded(std::string_view name);

}  // namespace thalweg::messages
