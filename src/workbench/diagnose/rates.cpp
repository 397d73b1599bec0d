#include "workbench/diagnose/rates.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

namespace thalweg::workbench::diagnosis {
namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

/// A rule's numbers, as the run has them now.
class Numbers {
 public:
  explicit Numbers(const Optimizer& optimizer) : optimizer_(&optimizer) {}
  [[nodiscard]] double operator[](const char* key) const {
    return has_key(optimizer_->rule(), key) ? optimizer_->value(key) : 0;
  }
  [[nodiscard]] std::string word(const char* key) const {
    return has_key(optimizer_->rule(), key) ? std::get<std::string>(optimizer_->rule().get(key)) : "";
  }
  [[nodiscard]] bool flag(const char* key) const {
    return has_key(optimizer_->rule(), key) && std::get<bool>(optimizer_->rule().get(key));
  }
  [[nodiscard]] double steps() const { return static_cast<double>(optimizer_->steps()); }

 private:
  const Optimizer* optimizer_;
};

/// What a steady gradient's step is multiplied by, and the limit of diag(rate) H. For all rules here the
/// iteration on a quadratic first turns unstable with the eigenvalue -1; putting theta_t ~ (-1)^t into the
/// rule gives the limit.
struct Gain {
  double factor = 1, limit = 2;
};

Gain gain_of(const std::string& rule, const Numbers& n, const AnyRule& any) {
  const double mu = n["momentum"], beta1 = n["beta1"];
  const Gain averaged{1, 2 * (1 + beta1) / (1 - beta1)};
  if (rule == "momentum") {
    const double gain = (1 - n["dampening"]) / (1 - mu);
    return {gain, 2 * (1 + mu) / (1 - mu)};
  }
  if (rule == "rmsprop") return {1 / (1 - mu), 2 * (1 + mu) / (1 - mu)};
  if (rule == "nesterov") return {1 / (1 - mu), 2 * (1 + mu) / ((1 + 2 * mu) * (1 - mu))};
  if (rule == "qhm" || rule == "qhadam") {
    const double nu = n[rule == "qhm" ? "nu" : "nu1"], b = rule == "qhm" ? mu : beta1;
    return {1, 2 * (1 + b) / ((1 - nu) * (1 + b) + nu * (1 - b))};
  }
  if (rule == "aggmo") {
    const auto betas = std::get<std::vector<double>>(any.get("betas"));
    double gain = 0, flip = 0;
    for (const double b : betas) {
      gain += 1 / (1 - b) / static_cast<double>(betas.size());
      flip += 1 / (1 + b) / static_cast<double>(betas.size());
    }
    return {gain, 2 * gain / flip};
  }
  if (rule == "nadam") return {1, 2 * (1 + beta1) / ((1 - beta1) * (1 + 2 * beta1))};
  if (rule == "adam" || rule == "adamw" || rule == "amsgrad" || rule == "adamax") return averaged;
  if (rule == "adam_hd") return averaged;
  return {};  // sgd, adagrad, adadelta; dog and hypergradient, whose rate changes slowly
}

bool is_known(const std::string& rule) {
  constexpr const char* known[] = {"sgd",     "momentum", "nesterov", "qhm",     "aggmo",        "adagrad",
                                   "rmsprop", "adam",     "adamw",    "amsgrad", "adamax",       "nadam",
                                   "qhadam",  "adadelta", "adam_hd",  "dog",     "hypergradient"};
  return std::find(std::begin(known), std::end(known), rule) != std::end(known);
}

/// The root of the second moment that eps joins, and eps as it stands beside that root.
struct Denominator {
  double root = 0, eps = 0;
  [[nodiscard]] double sum(bool inside) const {
    return inside ? std::sqrt(root * root + eps * eps) : root + eps;
  }
};

/// Reads the denominators of one tensor.
class Roots {
 public:
  Roots(const Optimizer& optimizer, const std::string& rule, const std::string& tensor)
      : rule_(rule), n_(optimizer), eps_(n_["eps"]), placement_(n_.word("eps_placement")) {
    const auto slot = [&](const char* name) { return optimizer.slot_values(tensor, name); };
    if (rule == "adagrad") second_ = slot("s");
    if (rule == "adamax") second_ = slot("u");
    if (rule == "amsgrad") second_ = slot("v_hat");
    if (rule == "rmsprop" || rule == "adam" || rule == "adamw" || rule == "nadam" || rule == "qhadam" ||
        rule == "adam_hd" || rule == "adadelta")
      second_ = slot("v");
    if (rule == "rmsprop" && n_.flag("centered")) first_ = slot("mean");
    if (rule == "adadelta") steps_ = slot("a");
    const double t = std::max(1.0, n_.steps());
    if (rule == "adam" || rule == "adamw" || rule == "nadam" || rule == "qhadam" || rule == "adam_hd" ||
        (rule == "amsgrad" && n_.flag("bias_correction")))
      unbias_ = 1 / (1 - std::pow(n_["beta2"], t));
    if (rule == "adagrad" && n_.word("accumulator") == "mean") unbias_ = 1 / t;
    if (rule == "adadelta") placement_ = "inside";
    inside_ = placement_ == "inside";
  }

  [[nodiscard]] bool has_any() const { return !second_.empty(); }
  [[nodiscard]] bool inside() const { return inside_; }
  [[nodiscard]] Denominator at(std::size_t i) const {
    double v = second_[i];
    if (rule_ == "adamax") return {v, eps_};
    if (!first_.empty()) v = std::max(0.0, v - std::pow(first_[i], 2));
    const double root = std::sqrt(v * unbias_);
    if (inside_) return {root, std::sqrt(eps_)};
    return {root, placement_ == "hat" ? eps_ * std::sqrt(unbias_) : eps_};
  }
  /// What the rate is multiplied by: Adadelta's root mean square of steps.
  [[nodiscard]] double numerator(std::size_t i) const {
    return steps_.empty() ? 1 : std::sqrt(steps_[i] + eps_);
  }

 private:
  std::string rule_;
  Numbers n_;
  double eps_, unbias_ = 1;
  std::string placement_;
  bool inside_ = false;
  Vector second_, first_, steps_;
};

double median(Vector values) {
  if (values.empty()) return unknown;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

bool has_key(const AnyRule& rule, const std::string& key) {
  const auto& keys = rule.info().keys;
  return std::any_of(keys.begin(), keys.end(), [&](const KeyInfo& known) { return known.name == key; });
}

Rates rates_of(const Optimizer& optimizer, const std::vector<Part>& parts, double lr, const Vector& steps,
               const Vector& gradients) {
  const AnyRule& any = optimizer.rule();
  const std::string rule = any.name();
  const Numbers numbers(optimizer);
  Rates result;
  result.lr = lr;
  result.epsilon_share = result.median_root = unknown;
  if (!is_known(rule)) {
    for (std::size_t i = 0; i < steps.size(); ++i)
      result.rate.push_back(gradients[i] > 0 ? steps[i] / gradients[i] : 0);
    return result;
  }
  const auto [factor, limit] = gain_of(rule, numbers, any);
  result.limit = limit;
  double rate = lr * factor;
  if (rule == "adagrad") rate /= 1 + std::max(0.0, numbers.steps() - 1) * numbers["lr_decay"];
  double dominated = 0;
  Vector roots;
  for (const Part& part : parts) {
    const Roots denominators(optimizer, rule, part.name);
    result.adaptive = denominators.has_any();
    for (std::size_t i = 0; i < part.size; ++i) {
      if (!result.adaptive) {
        result.rate.push_back(rate);
        continue;
      }
      const Denominator d = denominators.at(i);
      const double sum = d.sum(denominators.inside());
      result.rate.push_back(d.root > 0 && sum > 0 ? rate * denominators.numerator(i) / sum : 0);
      if (!(d.root > 0)) continue;
      roots.push_back(d.root);
      if (d.eps > d.root) ++dominated;
    }
  }
  if (has_key(any, "eps") && !roots.empty()) {
    result.epsilon_share = dominated / static_cast<double>(roots.size());
    result.median_root = median(std::move(roots));
  }
  return result;
}

}  // namespace thalweg::workbench::diagnosis
