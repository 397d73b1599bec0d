#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace thalweg {

/// A function to minimize, of which everything is known: start, gradient and, where there is one, the
/// minimum.
struct Problem {
  /// What to show of an axis in a plot.
  struct Interval {
    double low = 0, high = 0;
  };

  std::string name;     ///< as make_problem() takes it
  std::string title;    ///< in a sentence
  std::string source;   ///< the paper or text that it comes from
  std::string formula;  ///< Unicode
  std::string latex;    ///< the same in LaTeX
  std::string note;     ///< what one has to know of it, or ""
  std::size_t dimension = 0;
  std::vector<double> start;                ///< the literature's where it has one
  std::vector<std::vector<double>> optima;  ///< the points of the global minimum; empty if there is none
  std::optional<double> minimum;            ///< the value there; none if the function is unbounded below
  std::vector<Interval> view;               ///< one per coordinate: shows start and optima
  std::function<double(std::span<const double>, std::span<double>)> evaluate;  ///< as operator()

  /// The value at x; unless `gradient` is empty, the gradient is written there. Both have `dimension`
  /// numbers: other sizes throw a usage Error.
  double operator()(std::span<const double> x, std::span<double> gradient = {}) const;
};

/// A line of the list of problems.
struct ProblemInfo {
  std::string name, title;
  std::size_t dimension = 0;           ///< the one that is made unless another is asked for
  std::size_t smallest_dimension = 0;  ///< below `dimension` only if any dimension from there on is possible
  bool any_dimension = false;
};

/// All problems, in the order in which they are listed.
[[nodiscard]] const std::vector<ProblemInfo>& problems();

/// The problem of this name, in its own dimension (0) or another. Throws a usage Error for an unknown name,
/// with the nearest, and for a dimension that the problem does not have.
[[nodiscard]] Problem make_problem(std::string_view name, std::size_t dimension = 0);

}  // namespace thalweg
