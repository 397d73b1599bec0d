#pragma once

// What hostile bytes are fed to: every reader and every grammar. A target returns where all is as promised
// and ends the program otherwise: with anything but a thalweg::Error of the right kind, or where two ways to
// the same result differ.

#include <string>
#include <string_view>
#include <vector>

namespace thalweg::fuzz {

struct Target {
  std::string name;  ///< of its folder of examples, too
  void (*run)(std::string_view bytes);
};
[[nodiscard]] const std::vector<Target>& targets();
[[nodiscard]] const Target& target(std::string_view name);

}  // namespace thalweg::fuzz
