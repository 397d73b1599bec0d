#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace thalweg::workbench {

/// What a score measures.
enum class Measure { accuracy, rmse, log10_gap };

/// Something to learn or to minimize: a model on data, or a function of problems.h.
struct Workload {
  std::string name;             ///< in a suite; empty: text()
  std::string data = "digits";  ///< as data::load takes it
  std::string label, test;      ///< as data::LoadOptions
  std::string model = "mlp:64";
  std::string problem;             ///< as make_problem takes it; then data and model do not count
  std::uint64_t dimension = 0;     ///< of the problem, 0: its own
  std::uint64_t epochs = 30;       ///< at least 1
  std::uint64_t batch = 32;        ///< examples per step of a model, 0: all of them
  std::uint64_t steps = 20;        ///< per epoch of a function, at least 1
  std::optional<double> target{};  ///< score on the validation part that counts as done; none: derived

  [[nodiscard]] bool is_function() const { return !problem.empty(); }
  /// "digits, mlp:64", "rosenbrock", "ravine in 10-D"
  [[nodiscard]] std::string text() const {
    if (!is_function()) return data + ", " + model;
    return dimension == 0 ? problem : problem + " in " + std::to_string(dimension) + "-D";
  }
  [[nodiscard]] std::string id() const { return name.empty() ? text() : name; }
};

}  // namespace thalweg::workbench
