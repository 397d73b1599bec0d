#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <ostream>

#include <thalweg/error.h>
#include <thalweg/gradient_check.h>
#include <thalweg/random.h>

#include "minimize/norm.h"
#include "minimize/print.h"

namespace thalweg {
namespace {

constexpr double epsilon = std::numeric_limits<double>::epsilon();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

struct Estimate {
  double value = not_a_number, uncertainty = std::numeric_limits<double>::infinity();
};

/// A central difference quotient, and what rounding may have done to it.
struct Quotient {
  double value = not_a_number, rounding = 0;
};

/// The derivative at 0 of a function of which difference(h) is the central difference quotient.
template <class Difference>
Estimate derivative(Difference difference, double largest, double smallest) {
  constexpr double ratio = 8;
  std::vector<Quotient> quotients;
  for (double h = smallest; h <= largest; h *= ratio) quotients.push_back(difference(h));
  const auto extrapolated = [&](std::size_t k) {
    return quotients[k].value + (quotients[k].value - quotients[k + 1].value) / (ratio * ratio - 1);
  };
  // From small steps to large ones, the least uncertain: up to where the uncertainty has risen for good,
  // because what follows, flat perhaps, is not the neighbourhood of x.
  Estimate best;
  for (std::size_t k = 0; k + 2 < quotients.size(); ++k) {
    const double value = extrapolated(k),
                 error = std::abs(value - extrapolated(k + 1)) + quotients[k].rounding;
    if (std::isfinite(error) && error < best.uncertainty) best = {value, error};
    if (error > 30 * best.uncertainty) break;
  }
  return best;
}

class Checker {
 public:
  Checker(const Objective& f, std::span<const double> x, const GradientCheckOptions& options)
      : f_(f), x_(x), options_(options), at_(x.begin(), x.end()), gradient_(x.size()) {
    for (const double u : x) reach_ = std::max(reach_, std::abs(u));
  }

  GradientReport check() {
    report_.tolerance = options_.tolerance;
    report_.dimension = x_.size();
    value_ = f_.evaluate(x_, gradient_, report_.evaluations);
    if (!std::isfinite(value_)) throw usage_error("f(x)", number_text(value_), "must be finite");
    direction_ = direction();
    noise_ = noise();
    double worst = -1;
    for (const std::size_t i : coordinates()) {
      const auto found = compare_coordinate(i);
      ++report_.checked;
      if (!found.agrees()) ++report_.failed;
      if (!found.resolved()) ++report_.unresolved;
      const double error = std::abs(found.analytic - found.numeric);
      const double excess = !std::isfinite(error) ? std::numeric_limits<double>::infinity()
                            : error == 0          ? 0
                                                  : error / found.allowed;
      if (excess <= worst) continue;
      worst = excess;
      report_.worst = i;
      report_.at_worst = found;
    }
    if (!first_not_finite(gradient_)) check_direction();
    return std::move(report_);
  }

 private:
  double value_at() { return f_.value(at_, report_.evaluations); }

  double along(double h) {
    for (std::size_t i = 0; i < at_.size(); ++i) at_[i] = x_[i] + h * direction_[i];
    const double value = value_at();
    std::copy(x_.begin(), x_.end(), at_.begin());
    return value;
  }

  [[nodiscard]] std::vector<double> direction() const {
    if (!options_.direction.empty()) return {options_.direction.begin(), options_.direction.end()};
    std::vector<double> u(x_.size());
    for (std::size_t i = 0; i < u.size(); ++i)
      u[i] = std::max(1.0, std::abs(x_[i])) * normal(options_.seed, 1, i);
    const double length = norm(u);
    for (double& ui : u) ui /= length;
    return u;
  }

  [[nodiscard]] std::vector<std::size_t> coordinates() const {
    std::vector<std::size_t> all(x_.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    const std::size_t wanted = options_.coordinates;
    if (wanted == 0 || wanted >= all.size()) return all;
    for (std::size_t i = 0; i < wanted; ++i) {
      const double left = static_cast<double>(all.size() - i);
      std::swap(all[i], all[i + static_cast<std::size_t>(left * uniform(options_.seed, 2, i))]);
    }
    all.resize(wanted);
    std::sort(all.begin(), all.end());
    return all;
  }

  /// The noise of f near x from fourth differences of nine neighbours, More & Wild 2011: at the distance
  /// where they are smallest, but not so near that f no longer tells the neighbours apart.
  double noise() {
    double lowest = std::numeric_limits<double>::infinity(), highest = 0;
    for (const double distance : {1e-4, 1e-6, 1e-8, 1e-10, 1e-12}) {
      std::array<double, 9> row{};
      for (std::size_t j = 0; j < row.size(); ++j) {
        const double offset = distance * (static_cast<double>(j) - 4);
        for (std::size_t i = 0; i < at_.size(); ++i) {
          const double scale = x_[i] == 0 ? std::max(reach_, 1e-8) : std::abs(x_[i]);
          at_[i] = x_[i] + offset * scale * normal(options_.seed, 3, i);
        }
        row[j] = value_at();
      }
      std::size_t equal = 0;
      for (std::size_t j = 0; j + 1 < row.size(); ++j) equal += row[j] == row[j + 1] ? 1 : 0;
      for (std::size_t order = 1; order <= 4; ++order) {
        for (std::size_t j = 0; j + order < row.size(); ++j) row[j] = row[j + 1] - row[j];
      }
      const double spread = norm(std::span(row).first(5)) / std::sqrt(5.0 * 70);  // 70 = 1 + 16 + 36 + 16 + 1
      if (!std::isfinite(spread)) continue;
      if (equal <= 2) lowest = std::min(lowest, spread);
      highest = std::max(highest, spread);
    }
    std::copy(x_.begin(), x_.end(), at_.begin());
    return std::max(epsilon * std::abs(value_), 2 * (std::isfinite(lowest) ? lowest : highest));
  }

  [[nodiscard]] GradientReport::Comparison comparison(double analytic, const Estimate& numeric,
                                                      double scale) const {
    scale = std::max({scale, std::abs(analytic), std::abs(numeric.value)});
    return {analytic, numeric.value, numeric.uncertainty,
            options_.tolerance * scale + 4 * numeric.uncertainty};
  }

  /// From the values at distances h above and below x. Rounding counts the noise of the values, and that x
  /// and with it every gradient is known to one rounding only: that is what is left of a gradient at a
  /// minimum.
  [[nodiscard]] Quotient quotient(double high, double low, double h, double position) const {
    const double noise = std::max(noise_ + position, epsilon * std::max(std::abs(high), std::abs(low)));
    const double curvature = (high - value_ + (low - value_)) / (h * h);
    return {(high - low) / (2 * h), noise / h + epsilon * reach_ * std::abs(curvature)};
  }

  GradientReport::Comparison compare_coordinate(std::size_t i) {
    const auto difference = [&](double h) {
      const double above = x_[i] + h, below = x_[i] - h;
      at_[i] = above;
      const double high = value_at();
      at_[i] = below;
      const double low = value_at();
      at_[i] = x_[i];
      return quotient(high, low, (above - below) / 2, 0);
    };
    const double largest = 0.25 * std::max(1.0, std::abs(x_[i]));
    double smallest = largest * 0x1p-42;
    while (x_[i] != 0 && smallest > 1e-3 * std::abs(x_[i]) && smallest > 1e-100) smallest /= 8;
    return comparison(gradient_[i], derivative(difference, largest, smallest), 0);
  }

  void check_direction() {
    double slope = 0, scale = 0, position = 0, longest = 0;
    for (std::size_t i = 0; i < x_.size(); ++i) {
      slope += direction_[i] * gradient_[i];
      scale += std::abs(direction_[i] * gradient_[i]);
      position += epsilon * std::abs(gradient_[i] * x_[i]);  // x + h u is rounded
      longest = std::max(longest, std::abs(direction_[i]));
    }
    const double largest = 0.25 * std::max(1.0, reach_) / longest;
    const auto difference = [&](double h) { return quotient(along(h), along(-h), h, position); };
    report_.directional = comparison(slope, derivative(difference, largest, largest * 0x1p-42), scale);

    for (int halvings = 0; halvings <= 60; ++halvings) {
      const double h = std::ldexp(largest, -halvings);
      const double value = along(h), remainder = std::abs(value - value_ - h * slope);
      if (std::isfinite(remainder) &&
          remainder > 100 * (noise_ + position + epsilon * (std::abs(value) + h * scale)))
        report_.remainders.push_back({h, remainder});
    }
    const auto& kept = report_.remainders;
    report_.linear = kept.empty();
    if (kept.size() < 2) return;
    const auto& small = kept.back();
    const auto& large = kept[kept.size() - std::min<std::size_t>(kept.size(), 3)];
    report_.order = std::log2(large.value / small.value) / std::log2(large.h / small.h);
  }

  const Objective& f_;
  std::span<const double> x_;
  const GradientCheckOptions& options_;
  std::vector<double> at_, gradient_, direction_;
  double value_ = 0, noise_ = 0;
  double reach_ = 0;  // the largest |x_i|
  GradientReport report_;
};

void print(std::ostream& out, const char* label, const GradientReport::Comparison& c) {
  print_folded(out, label, "analytic  " + number_text(c.analytic));
  print_folded(out, "", "numeric   " + number_text(c.numeric) + " +- " + brief(c.uncertainty));
  print_folded(out, "",
               "error     " + brief(std::abs(c.analytic - c.numeric)) + ", allowed " + brief(c.allowed));
  print_folded(out, "", "relative  " + brief(c.relative_error()));
}

}  // namespace

double GradientReport::Comparison::relative_error() const {
  return analytic == numeric ? 0
                             : std::abs(analytic - numeric) / std::max(std::abs(analytic), std::abs(numeric));
}

bool GradientReport::Comparison::agrees() const {
  return std::isfinite(analytic) && std::isfinite(numeric) && std::abs(analytic - numeric) <= allowed;
}

bool GradientReport::Comparison::resolved() const {
  return 4 * uncertainty <= 0.01 * std::max(std::abs(analytic), std::abs(numeric));
}

bool GradientReport::passes() const { return failed == 0 && directional.agrees(); }

std::ostream& operator<<(std::ostream& out, const GradientReport& r) {
  const std::string count =
      std::to_string(r.failed) + " of " + std::to_string(r.checked) + " coordinates disagree";
  const char* verdict = r.passes() ? "passes" : "fails";
  print_folded(out, "Gradient", std::string(verdict) + ": " + count + ", tolerance " + brief(r.tolerance));
  if (r.checked < r.dimension)
    print_folded(
        out, "",
        "(" + std::to_string(r.checked) + " of all " + std::to_string(r.dimension) + " were checked)");
  if (r.unresolved > 0)
    print_folded(out, "",
                 "(" + std::to_string(r.unresolved) + " are too small beside the noise of f to tell)");
  print_folded(out, "Worst", "coordinate " + std::to_string(r.worst));
  print(out, "", r.at_worst);
  if (!std::isfinite(r.at_worst.analytic)) return out;  // then nothing was tried along u
  print(out, "Along u", r.directional);
  if (r.linear) {
    print_folded(out, "Taylor", "the remainder is below the noise of f: f is linear along u");
    return out;
  }
  if (std::isnan(r.order)) {
    print_folded(out, "Taylor", "too few remainders stand out of the noise of f to tell an order");
    return out;
  }
  print_folded(
      out, "Taylor",
      "the remainder f(x + h u) - f(x) - h u'g falls as h^" + number_text(std::round(100 * r.order) / 100));
  print_folded(out, "", "(2 or more for a right gradient, 1 for a wrong one)");
  const std::size_t shown = std::min<std::size_t>(r.remainders.size(), 5);
  for (std::size_t i = r.remainders.size() - shown; i < r.remainders.size(); ++i)
    print_folded(out, "",
                 "h " + left(brief(r.remainders[i].h), 14) + "remainder " + brief(r.remainders[i].value));
  return out;
}

GradientReport check_gradient(const Objective& f, std::span<const double> x,
                              const GradientCheckOptions& options) {
  if (!f.has_gradient())
    throw usage_error("f", "a function without a gradient", "must have a gradient to check");
  if (x.empty()) throw usage_error("x", "empty", "must have at least one parameter");
  if (f.dimension() != 0 && x.size() != f.dimension())
    throw usage_error("x", std::to_string(x.size()) + " parameters",
                      f.name() + " has " + std::to_string(f.dimension()));
  if (const auto bad = first_not_finite(x))
    throw usage_error("x[" + std::to_string(*bad) + "]", number_text(x[*bad]), "must be finite");
  if (!(options.tolerance > 0 && options.tolerance < 1))
    throw usage_error("tolerance", number_text(options.tolerance), "must be in (0, 1)");
  const auto& u = options.direction;
  if (!u.empty() && u.size() != x.size())
    throw usage_error("direction", std::to_string(u.size()) + " numbers",
                      "must have " + std::to_string(x.size()));
  if (!u.empty() && (first_not_finite(u) || norm(u) == 0))
    throw usage_error("direction", "zero or not finite", "must be finite and not zero");
  return Checker(f, x, options).check();
}

}  // namespace thalweg
