#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include <thalweg/objective.h>

namespace thalweg {

struct GradientCheckOptions {
  double tolerance = 1e-6;              ///< of a derivative, relative to the larger of the two
  std::size_t coordinates = 0;          ///< how many are checked, drawn by the seed; 0: all
  std::uint64_t seed = 0;               ///< of the coordinates and of the direction
  std::span<const double> direction{};  ///< of the Taylor test, of the size of x; empty: drawn by the seed
};

/// What check_gradient() found. operator<< prints it.
struct GradientReport {
  /// An analytic derivative beside the one by differences.
  struct Comparison {
    double analytic = 0, numeric = 0;
    double uncertainty = 0;  ///< of the numeric one: what truncation and the noise of f leave open
    double allowed = 0;      ///< how far they may be apart: the tolerance, and four times the uncertainty

    [[nodiscard]] double relative_error() const;  ///< relative to the larger magnitude; 0 if both are 0
    [[nodiscard]] bool agrees() const;
    /// Whether the derivative stands out of the noise: false where agreement says little, as at a minimum.
    [[nodiscard]] bool resolved() const;
  };
  /// One step of the Taylor test: |f(x + h u) - f(x) - h u'g|.
  struct Remainder {
    double h = 0, value = 0;
  };

  double tolerance = 0;
  std::size_t dimension = 0, checked = 0;
  std::size_t failed = 0;      ///< coordinates that disagree
  std::size_t unresolved = 0;  ///< coordinates that are not resolved()
  std::size_t worst = 0;       ///< the coordinate with the largest error in relation to what is allowed
  Comparison at_worst;

  Comparison directional;             ///< the derivative along the direction u
  std::vector<Remainder> remainders;  ///< h is halved from one to the next; only those above the noise of f
  /// The order of the remainder over the smallest h: 2 (or more) for a right gradient, 1 for a wrong one; NaN
  /// if too few remainders stand out of the noise.
  double order = std::numeric_limits<double>::quiet_NaN();
  bool linear = false;  ///< none does: f is linear along u as far as can be seen
  Evaluations evaluations;

  /// Whether every checked coordinate agrees and so does the derivative along u.
  [[nodiscard]] bool passes() const;
};

/// A report of at most 80 columns, in ASCII.
std::ostream& operator<<(std::ostream& out, const GradientReport& report);

/// Compares the analytic gradient of f at x with differences.
///
/// Each coordinate: central differences at steps rising by eights from tiny ones, each improved by
/// Richardson's extrapolation. Taken is the least uncertain in the neighbourhood of x, which ends where the
/// uncertainty has risen thirtyfold. It counts truncation (how far neighbouring estimates differ) and
/// rounding (the noise of f, estimated from fourth differences as in More & Wild 2011, over the step), so
/// that large constant terms, small scales and flat regions raise no alarm.
///
/// Along a direction u the Taylor expansion f(x + h u) = f(x) + h u'g + O(h^2) must hold: the remainder falls
/// to a quarter when h is halved. With a wrong gradient it falls to a half only. This sees all coordinates at
/// once.
///
/// Costs 30 evaluations per coordinate, and about 150. Throws a usage Error if f has no gradient of its own,
/// f(x) is not finite, or x is empty, not finite or not of the problem's dimension.
[[nodiscard]] GradientReport check_gradient(const Objective& f, std::span<const double> x,
                                            const GradientCheckOptions& options = {});

}  // namespace thalweg
