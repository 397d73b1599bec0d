#include "models/exponential.h"

#include <bit>
#include <cmath>
#include <cstdint>

#include <thalweg/detail/kernel.h>
#include <thalweg/execution.h>

namespace thalweg::models {
namespace {

struct Floats {
  std::size_t count;
  float* x;
};

/// In double: e^x = 2^n e^r with |r| <= ln 2 / 2, and e^r by its series to r^11, which leaves 6e-15 of it.
struct ExponentialBody {
  [[gnu::always_inline]] static void run(const Floats& f) {
    for (std::size_t i = 0; i < f.count; ++i) {
      constexpr double whole = 0x1.8p52;  // added, it leaves a whole number in the low bits
      const double given = static_cast<double>(f.x[i]);
      const double x = given < -120 ? -120 : given;  // 0 in float
      const double shifted = x * 0x1.71547652b82fep+0 + whole;
      const double r = x - (shifted - whole) * 0x1.62e42fefa39efp-1;
      double series = 1.0 / 39916800;
      series = series * r + 1.0 / 3628800;
      series = series * r + 1.0 / 362880;
      series = series * r + 1.0 / 40320;
      series = series * r + 1.0 / 5040;
      series = series * r + 1.0 / 720;
      series = series * r + 1.0 / 120;
      series = series * r + 1.0 / 24;
      series = series * r + 1.0 / 6;
      series = series * r + 0.5;
      series = series * r + 1;
      series = series * r + 1;
      const auto power = std::bit_cast<double>((std::bit_cast<std::uint64_t>(shifted) + 1023) << 52U);
      f.x[i] = static_cast<float>(series * power);
    }
  }
};

}  // namespace

void exponentials(std::size_t count, float* x) {
  static constexpr auto kernels = detail::for_each_isa<ExponentialBody, Floats>();
  static const auto kernel = kernels[static_cast<std::size_t>(find_isa("best"))];
  kernel({count, x});
}

void exponentials(std::size_t count, double* x) {
  for (std::size_t i = 0; i < count; ++i) x[i] = std::exp(x[i]);
}

}  // namespace thalweg::models
