#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <thalweg/registry.h>

namespace thalweg::cli {

class Arguments;

/// --optimizer, --schedule and --transform, which every command that steps parameters has.
struct StepOptions {
  std::string optimizer = "adam";  ///< the default; "": it must be given
  std::vector<std::string> schedules, transforms;

  void declare(Arguments& arguments);
  /// --schedule and --transform alone, for commands that step with several optimizers.
  void declare_around(Arguments& arguments);

  /// The options with their values, as they would be typed.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> words() const;

  // What the texts say; they throw a usage Error that names the specification.
  [[nodiscard]] AnyRule rule() const { return make_rule(optimizer); }
  /// `seed` is for those that draw random numbers and are given no seed of their own.
  [[nodiscard]] std::vector<AnyTransform> made_transforms(std::uint64_t seed) const;
  /// "KEY=SCHEDULE", or "SCHEDULE" for lr.
  [[nodiscard]] std::vector<std::pair<std::string, Schedule>> made_schedules() const;
  /// The one --schedule that is a plateau, which is for lr only.
  [[nodiscard]] std::optional<Plateau> plateau() const;
};

}  // namespace thalweg::cli
