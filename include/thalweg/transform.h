#pragma once

// The contract of a transform: what happens to the gradient (or to the parameters) before the rule, element
// by element. It is declared like a rule:
//
//   struct ClipValue {
//     double max = 1;
//     static constexpr Card card{...};
//     static constexpr std::array formula{...};
//     static std::vector<KeyInfo> keys();
//     template <class T> struct Coefficients { T max; };
//     Coefficients<double> at(const TransformStep& step) const;
//     template <class T> static void apply(T& theta, T& g, const Element& e, const Coefficients<T>& c);
//   };
//
// Optional: `static constexpr bool needs_norm = true` for the norm of all gradients, and a field `seed`;
// `static detail::TransformKernels kernels(float)` and `(double)` where the loop over `apply` does not make
// good vectors: kernels that give the same bits as it does.

#include <algorithm>
#include <cstdint>

#include <thalweg/detail/erased.h>
#include <thalweg/detail/kernel.h>
#include <thalweg/detail/rule_info.h>

namespace thalweg {

/// What a transform knows of the step.
struct TransformStep {
  double t = 1;     ///< the step, from 1
  double lr = 0;    ///< the rule's learning rate at this step (1 where the rule has none)
  double norm = 0;  ///< needs_norm: the Euclidean norm over all tensors of the gradient as it arrives here
};

/// Which element a transform is applied to, for random numbers that are a pure function of it.
struct Element {
  std::uint64_t index = 0;  ///< of the parameter, over all tensors in the order of their adding
  std::uint64_t t = 1;      ///< the step
  std::uint64_t seed = 0;   ///< the transform's `seed`, or 0
};

namespace detail {

/// One call of a transform's kernel: reads the gradient from `source` and writes it to `gradient`, which may
/// be the same array.
struct TransformSweep {
  void* theta = nullptr;
  const void* source = nullptr;
  void* gradient = nullptr;
  const void* coefficients = nullptr;
  std::size_t count = 0;
  Element first;
};
using TransformKernels = std::array<void (*)(const TransformSweep&), isa_count>;

struct TransformInfo : ObjectInfo {
  std::vector<Formula> formula;
  TransformKernels float32{}, float64{};
  bool needs_norm = false;
  std::size_t coefficient_count = 0;
  std::uint64_t (*seed)(const void*) = nullptr;
  void (*coefficients)(const void* transform, const TransformStep& step, double* out) = nullptr;
};

#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wpass-failed"  // a user's transform may call functions: not vectorized
#endif
template <class Transform, class T>
struct TransformBody {
  [[gnu::always_inline]] static void run(const TransformSweep& s) {
    using Coefficients = typename Transform::template Coefficients<T>;
    const Coefficients c = *static_cast<const Coefficients*>(s.coefficients);
    T* const theta = static_cast<T*>(s.theta);
    const T* const source = static_cast<const T*>(s.source);
    T* const gradient = static_cast<T*>(s.gradient);
    const std::size_t count = s.count;
    const Element first = s.first;
    THALWEG_INDEPENDENT_ITERATIONS
    for (std::size_t i = 0; i < count; ++i) {
      T parameter = theta[i], g = source[i];
      Transform::apply(parameter, g, Element{first.index + i, first.t, first.seed}, c);
      theta[i] = parameter;
      gradient[i] = g;
    }
  }
};
#if defined(__clang__)
#pragma clang diagnostic pop
#endif

template <class Transform, class T>
TransformKernels transform_kernels() {
  if constexpr (requires { Transform::kernels(T{}); })
    return Transform::kernels(T{});
  else
    return for_each_isa<TransformBody<Transform, T>, TransformSweep>();
}

template <class Transform>
const TransformInfo& transform_info() {
  static const TransformInfo info = [] {
    TransformInfo made;
    describe<Transform>(made);
    made.formula.assign(Transform::formula.begin(), Transform::formula.end());
    made.float32 = transform_kernels<Transform, float>();
    made.float64 = transform_kernels<Transform, double>();
    if constexpr (requires { Transform::needs_norm; }) made.needs_norm = Transform::needs_norm;
    made.coefficient_count = sizeof(typename Transform::template Coefficients<double>) / sizeof(double);
    made.seed = [](const void* t) -> std::uint64_t {
      if constexpr (requires(const Transform& x) { x.seed; })
        return static_cast<const Transform*>(t)->seed;
      else
        return 0;
    };
    made.coefficients = [](const void* t, const TransformStep& step, double* out) {
      const auto numbers = coefficient_numbers(static_cast<const Transform*>(t)->at(step));
      for (std::size_t i = 0; i < numbers.size(); ++i) out[i] = numbers[i];
    };
    return made;
  }();
  return info;
}

}  // namespace detail

/// Any transform with its settings: one of transforms/, or the user's own.
class AnyTransform : public detail::Erased<detail::TransformInfo> {
 public:
  using Erased::Erased;
  template <class Transform>
  requires requires {
    Transform::card;
    &Transform::at;
  }
  AnyTransform(
      const Transform& transform)  // NOLINT(google-explicit-constructor): any transform is meant to convert
      : Erased(detail::transform_info<Transform>(), std::make_shared<Transform>(transform)) {}
};

}  // namespace thalweg
