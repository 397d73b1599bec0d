#pragma once

// The contract of a rule: what a header in rules/ declares, and nothing else. A rule is a plain aggregate:
//
//   struct Adam {
//     double lr = 1e-3, beta1 = 0.9, ...;              hyper-parameters: field = key on the command line
//     static constexpr Card card{...};                 name, title, paper, idea
//     static constexpr std::array formula{...};        each line in Unicode and in LaTeX
//     static constexpr std::array slots{...};          state per parameter, 0 at the start
//     static constexpr std::array presets{...};        like=LIBRARY
//     static std::vector<KeyInfo> keys();              each hyper-parameter with symbol, range and meaning
//     template <class T> struct Coefficients {...};    members of type T only
//     Coefficients<double> at(double t) const;         the coefficients of step t = 1, 2, ...
//     template <class T> static void update(T& theta, T g, std::array<T, 2>& state, const Coefficients<T>&
//     c);
//   };
// An update() with a root says sqrt(x), max(x, y), ratio(x, y) and choose(c, x, y), not std::sqrt(x) or ?: as
// the engine has a type T of several numbers whose root is as exact and waits less.
//
// Optional members, for the few that need them:
//   double initial(std::size_t slot) const;            where a slot does not start at 0 (see Slot for theta)
//   std::string objection() const;                     a constraint between keys that is violated, or ""
//   static constexpr int forms; int form_index() const;   variants with other slots, then `update<T, index>`,
//   static constexpr bool uses(int index, std::size_t slot);   and which slots a variant has
//   static constexpr Idle idle = Idle::nothing;        a gradient of 0 changes neither theta nor state
//   static constexpr bool linear = true;               theta - c g is all that a step does, for one number c
//   bool looks_ahead() const;                          where the gradient is wanted, if not at theta:
//   static T look_ahead(T theta, state, c)
//   double l2 / double weight_decay                    fields that the engine turns into transforms around
//   the
//                                                      rule; `static constexpr bool decays`: not these
//
// And for rules that carry numbers from step to step, one for all parameters, as slots are one per parameter:
//   static constexpr std::array carried{Slot{...}, ...};   their names; they start at 0, or at
//   std::array<double, C> start() const;
//   static std::array<double, S> measure(double theta, double g, const std::array<double, N>& state,
//                                        const Coefficients<double>& c);
//   void advance(std::array<double, C>& carry, const std::array<double, S>& sums, double t) const;
//   Coefficients<double> at(double t, const std::array<double, C>& carry) const;   instead of at(t)
//   double rate(const std::array<double, C>& carry) const;   the learning rate that they amount to
// Before the parameters move, what measure() returns is summed over all of them (c as of the carry before the
// step), advance() takes the carry to this step, and at() is asked with that. A rule that carries without
// measuring has advance(carry, t). What is measured is shared by all groups of parameters; otherwise each
// group has a carry of its own.
//   static constexpr bool rate_free;                   lr is a factor, 1, that nobody needs to tune
//   static constexpr bool schedule_free;               averages instead of letting lr fall

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <thalweg/keys.h>

namespace thalweg {

using std::max;  // so that update() may say max(x, y) and sqrt(x) of a T that is no float but computes as one
using std::sqrt;

/// What a rule, transform or schedule is.
struct Card {
  const char* name;   ///< on the command line
  const char* title;  ///< in a sentence
  const char* paper;  ///< who, when, which algorithm or equation
  const char* idea;   ///< why one would use it, in a sentence or two
};

/// One line of the algorithm. g is the gradient, theta the parameter, t the step (from 1); "<-" assigns.
struct Formula {
  const char* text;   ///< Unicode
  const char* latex;  ///< the same line in LaTeX
};

/// Where a slot starts: at 0 or what initial() says, or at the parameter itself, as it is at the first step.
enum class Start { number, theta };

/// One number of state per parameter; of `carried`, one for all.
struct Slot {
  const char* name;
  const char* meaning;
  Start start = Start::number;
};

/// Settings that reproduce another library's trajectory, selected by like=LIBRARY.
struct Preset {
  const char* library;     ///< torch, keras, optax or ensmallen
  const char* settings;    ///< "key=value,..."
  const char* lacks = "";  ///< keys that the library has not, "key,...": setting one of them is an error
};

/// Where epsilon stands in the denominator of a rule.
enum class EpsPlacement {
  outside,      ///< sqrt(v) + eps, after any bias correction
  inside,       ///< sqrt(v + eps)
  hat,          ///< eps added to the uncorrected root: Kingma & Ba's "epsilon hat"
  denominator,  ///< AdaMax: u + eps
  inside_max,   ///< AdaMax: u <- max(beta2 u, |g| + eps)
};

// Keys that mean the same in every rule that has them.

template <class Rule>
KeyInfo lr_key(double Rule::*field) {
  return key(field, "lr", "η", at_least(0), "learning rate");
}
template <class Rule>
KeyInfo momentum_key(double Rule::*field) {
  return key(field, "momentum", "μ", in_half_open(0, 1), "share of the velocity that is kept");
}
template <class Rule>
KeyInfo beta1_key(double Rule::*field) {
  return key(field, "beta1", "β₁", in_half_open(0, 1), "decay of the mean of gradients");
}
template <class Rule>
KeyInfo beta2_key(double Rule::*field) {
  return key(field, "beta2", "β₂", in_half_open(0, 1), "decay of the mean of squared gradients");
}
template <class Rule>
KeyInfo eps_key(double Rule::*field) {
  return key(field, "eps", "ε", at_least(0), "keeps the denominator from zero");
}
template <class Rule>
KeyInfo l2_key(double Rule::*field) {
  return key(field, "l2", "λ", at_least(0), "L2 penalty: λθ is added to the gradient");
}

template <class Rule>
KeyInfo decay_key(double Rule::*field) {
  return key(field, "weight_decay", "λ", at_least(0),
             "share of a weight, times its learning rate, that decays each step");
}
template <class Rule>
KeyInfo factor_key(double Rule::*field) {
  return key(field, "lr", "η", at_least(0), "factor of the rate that is found: leave it, or let it fall");
}
template <class Rule>
KeyInfo d0_key(double Rule::*field) {
  return key(field, "d0", "d₀", above(0), "first estimate of d: far too small is right");
}
template <class Rule>
KeyInfo hyper_lr_key(double Rule::*field) {
  return key(field, "hyper_lr", "β", at_least(0), "learning rate of the learning rate");
}

/// What a step with a gradient of 0 does to a parameter, which tells what a sparse step may leave out. In any
/// rule a parameter whose gradients were all 0 stays where it is, and its state as it started.
enum class Idle {
  moves,    ///< a velocity goes on, a mean decays: the default
  nothing,  ///< neither the parameter nor its state changes by a bit, at any coefficients
};

/// `yes` if the condition holds, else `no`: in update() instead of ?:, for a type of several numbers.
template <class T>
inline T choose(bool condition, T yes, T no) {
  return condition ? yes : no;
}

/// a / b, but 0 where b is 0: without epsilon, a parameter that never had a gradient (0 / 0), or only such
/// small ones that their squares vanish, does not move.
template <class T>
inline T ratio(T a, T b) {
  return b == T(0) ? T(0) : a / b;
}

/// The larger one; NaN if either is, so that a running maximum does not hide it.
inline double larger(double a, double b) { return b <= a || a != a ? a : b; }

/// base^t for whole t >= 0, correctly rounded but for the last bit and the same on every machine
/// (std::pow is not: its code differs between processors).
[[nodiscard]] double power(double base, double t);

}  // namespace thalweg
