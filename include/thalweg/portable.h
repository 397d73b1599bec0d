#pragma once

// Functions of the standard library whose last bit differs between processors and systems (glibc takes other
// code where there is FMA), computed to about twice the digits and rounded once: the same bits everywhere.
// They are for coefficients, a few times per step: each takes about a microsecond.

namespace thalweg::portable {

/// e^x, and e^x - 1 without cancellation, for any x.
[[nodiscard]] double exp(double x);
[[nodiscard]] double expm1(double x);
/// ln x for x > 0; -inf at 0, NaN below.
[[nodiscard]] double log(double x);
/// x^y for x >= 0, as std::pow.
[[nodiscard]] double pow(double x, double y);
/// cos(pi x) for x in [0, 1]: half a period.
[[nodiscard]] double cos_pi(double x);

}  // namespace thalweg::portable
