#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace thalweg::workbench::diagnosis {

using Point = std::span<const double>;
using Vector = std::vector<double>;

/// A named run of the parameters: a tensor of a model, or "x".
struct Part {
  std::string name;
  std::size_t size = 0;
};

/// How many hidden units pass a gradient, in [0, 1]; each is the share in the worst layer.
struct UnitUse {
  double dead = 0;       ///< ReLU units that are 0 for every example
  double saturated = 0;  ///< tanh units times examples with a slope of at most 0.01
  bool relu = true;      ///< which of the two applies
  std::string layer;     ///< that layer, as its tensors are called: "layer1"
};

/// What is diagnosed: a function of parameters whose gradient is exact, in double. A model on data has
/// mini-batches and units besides; a problem has neither.
class Subject {
 public:
  virtual ~Subject() = default;

  [[nodiscard]] virtual const std::vector<Part>& parts() const = 0;  ///< in order, with all parameters
  [[nodiscard]] std::size_t size() const;

  /// The objective at x. A penalty of ½ Σ qᵢ xᵢ² is added where one was set.
  [[nodiscard]] double value(Point x);
  double gradient(Point x, std::span<double> g);

  /// l2 and weight decay of the run, which are part of what it minimizes: one number per parameter, or none.
  void set_penalty(Vector weights) { penalty_ = std::move(weights); }

  [[nodiscard]] virtual std::size_t batches() const { return 0; }  ///< 0: each step sees the whole
  [[nodiscard]] virtual std::size_t batch_size() const { return 0; }
  [[nodiscard]] virtual std::size_t examples() const { return 0; }  ///< over which value() is the mean
  /// The gradient of mini-batch `number` (below batches()).
  virtual void batch_gradient(std::size_t /*number*/, Point /*x*/, std::span<double> /*g*/) {}

  /// The loss of the best constant prediction: what a model that has learned nothing pays.
  [[nodiscard]] virtual std::optional<double> reference() const { return std::nullopt; }
  [[nodiscard]] virtual std::optional<UnitUse> units(Point /*x*/) { return std::nullopt; }
  /// The largest root mean square of an input over the smallest, the constant 1 of the bias included; 1
  /// where there are no inputs.
  [[nodiscard]] virtual double input_spread() const { return 1; }

 protected:
  Subject() = default;
  Subject(const Subject&) = delete;
  Subject& operator=(const Subject&) = delete;

 private:
  virtual double raw_value(Point x) = 0;
  virtual double raw_gradient(Point x, std::span<double> g) = 0;
  [[nodiscard]] double add_penalty(Point x, std::span<double> g) const;

  Vector penalty_;
};

[[nodiscard]] double dot(Point a, Point b);
[[nodiscard]] double norm(Point a);

}  // namespace thalweg::workbench::diagnosis
