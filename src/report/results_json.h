#pragma once

#include <optional>

#include <nlohmann/json.hpp>

#include "report/results.h"

namespace thalweg::report {

using Json = nlohmann::ordered_json;

/// The fields of a comparison from "data" on; within a suite they are one of its "workloads".
void add_comparison(Json& json, const workbench::Comparison& comparison);

[[nodiscard]] Json environment_json(const Environment& environment, std::size_t threads);

template <class T>
[[nodiscard]] Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

/// A number, or null where it is not finite.
[[nodiscard]] Json finite(double number);

/// Text of a results file. Data files may have names in any encoding: what is no UTF-8 is replaced.
[[nodiscard]] std::string dumped(const Json& json);

}  // namespace thalweg::report
