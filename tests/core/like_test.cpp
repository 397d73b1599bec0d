// like=LIBRARY: each preset against that library's own update, written here again from the table "How each
// library writes each rule" of SEMANTICS.md.

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <thalweg/registry.h>
#include <thalweg/schedules/decay.h>

#include "arrays.h"
#include "errors.h"
#include "golden.h"
#include "variants.h"

namespace thalweg::like_test {
namespace {

using ::testing::HasSubstr;

constexpr double b1 = 0.9, b2 = 0.999;

/// What a library keeps for one parameter, zero at first; p is a running product.
struct Memory {
  double m = 0, v = 0, u = 0, p = 1;
};

/// One step of a library's update of theta at t = 1, 2, ... under the rate `lr`.
using Update = std::function<double(double theta, double g, double t, double lr, Memory& s)>;

double mu(double t, double psi) { return b1 * (1 - 0.5 * std::pow(0.96, t * psi)); }

double moments(double g, Memory& s) {
  s.m = b1 * s.m + (1 - b1) * g;
  s.v = b2 * s.v + (1 - b2) * g * g;
  return s.m;
}

/// Nadam with Dozat's schedule: (1 - mu_t) g / (1 - P_t) + mu_{t+1} m / (1 - P_t mu_{t+1}).
double dozat(double g, double t, double psi, Memory& s) {
  moments(g, s);
  s.p *= mu(t, psi);
  return (1 - mu(t, psi)) * g / (1 - s.p) + mu(t + 1, psi) * s.m / (1 - s.p * mu(t + 1, psi));
}

double unbiased(double x, double beta, double t) { return x / (1 - std::pow(beta, t)); }

struct Library {
  std::string specification;
  Update update;
};

/// Momentum as Keras and ensmallen have it, v = mu v - lr g, and its Nesterov variant.
Update keras_sgd(double momentum, bool nesterov) {
  return [=](double x, double g, double, double lr, Memory& s) {
    s.v = momentum * s.v - lr * g;
    return nesterov ? x + momentum * s.v - lr * g : x + s.v;
  };
}
/// As PyTorch and optax: the rate outside, the first buffer undampened.
Update torch_sgd(double momentum, double dampening, bool nesterov, double decay) {
  return [=](double x, double g, double t, double lr, Memory& s) {
    g += decay * x;
    s.v = t == 1 ? g : momentum * s.v + (1 - dampening) * g;
    return x - lr * (nesterov ? g + momentum * s.v : s.v);
  };
}
/// Algorithm 1, PyTorch and optax; decay is coupled.
Update adam(double eps, double decay = 0) {
  return [=](double x, double g, double t, double lr, Memory& s) {
    moments(g + decay * x, s);
    return x - lr * unbiased(s.m, b1, t) / (std::sqrt(unbiased(s.v, b2, t)) + eps);
  };
}
/// Epsilon hat, Keras and ensmallen.
Update adam_hat(double eps) {
  return [=](double x, double g, double t, double lr, Memory& s) {
    moments(g, s);
    const double rate = lr * std::sqrt(1 - std::pow(b2, t)) / (1 - std::pow(b1, t));
    return x - rate * s.m / (std::sqrt(s.v) + eps);
  };
}
/// theta (1 - lr lambda) before the step.
Update decoupled(double lambda, const Update& rule) {
  return [=](double x, double g, double t, double lr, Memory& s) {
    return rule(x * (1 - lr * lambda), g, t, lr, s);
  };
}
Update adagrad(double start, double eps, bool inside, double lr_decay = 0, double l2 = 0) {
  return [=](double x, double g, double t, double lr, Memory& s) {
    if (t == 1) s.v = start;
    g += l2 * x;
    s.v += g * g;
    const double rate = lr / (1 + (t - 1) * lr_decay);
    return x - rate * g / (inside ? std::sqrt(s.v + eps) : std::sqrt(s.v) + eps);
  };
}
Update adadelta(double rho, double eps, bool one_root = false) {
  return [=](double x, double g, double, double lr, Memory& s) {
    s.v = rho * s.v + (1 - rho) * g * g;
    const double delta =
        (one_root ? std::sqrt((s.u + eps) / (s.v + eps)) : std::sqrt(s.u + eps) / std::sqrt(s.v + eps)) * g;
    s.u = rho * s.u + (1 - rho) * delta * delta;
    return x - lr * delta;
  };
}
/// epsilon beside the root, of the centered moment too; the rate outside of the velocity.
Update torch_rmsprop(double rho, double eps, double momentum, bool centered) {
  return [=](double x, double g, double, double lr, Memory& s) {
    s.v = rho * s.v + (1 - rho) * g * g;
    s.m = rho * s.m + (1 - rho) * g;
    const double average = std::sqrt(centered ? s.v - s.m * s.m : s.v) + eps;
    s.u = momentum * s.u + g / average;
    return x - lr * s.u;
  };
}
/// epsilon inside the root, the rate inside of the velocity (Keras, optax).
Update keras_rmsprop(double rho, double eps, double momentum, bool centered) {
  return [=](double x, double g, double, double lr, Memory& s) {
    s.v = rho * s.v + (1 - rho) * g * g;
    s.m = rho * s.m + (1 - rho) * g;
    s.u = momentum * s.u + lr * g / std::sqrt((centered ? s.v - s.m * s.m : s.v) + eps);
    return x - s.u;
  };
}
Update adamax(double eps, bool inside_max) {
  return [=](double x, double g, double t, double lr, Memory& s) {
    s.m = b1 * s.m + (1 - b1) * g;
    s.u = std::max(b2 * s.u, std::abs(g) + (inside_max ? eps : 0));
    return x - lr / (1 - std::pow(b1, t)) * s.m / (s.u + (inside_max ? 0 : eps));
  };
}
Update nadam(double psi, double eps) {
  return [=](double x, double g, double t, double lr, Memory& s) {
    const double numerator = dozat(g, t, psi, s);
    return x - lr * numerator / (std::sqrt(unbiased(s.v, b2, t)) + eps);
  };
}
/// eps beside the uncorrected root: lr sqrt(1 - beta2^t) numerator / (sqrt(v) + eps).
double ensmallen_nadam(double x, double g, double t, double lr, Memory& s) {
  const double numerator = dozat(g, t, 4e-3, s);
  return x - lr * std::sqrt(1 - std::pow(b2, t)) * numerator / (std::sqrt(s.v) + 1e-8);
}
/// scale_by_adam(nesterov=True): m corrected as of the next step.
double optax_nadam(double x, double g, double t, double lr, Memory& s) {
  moments(g, s);
  const double m = b1 * unbiased(s.m, b1, t + 1) + (1 - b1) * unbiased(g, b1, t);
  return x - lr * m / (std::sqrt(unbiased(s.v, b2, t)) + 1e-8);
}
double torch_amsgrad(double x, double g, double t, double lr, Memory& s) {
  moments(g, s);
  s.u = std::max(s.u, s.v);
  return x - lr * unbiased(s.m, b1, t) / (std::sqrt(unbiased(s.u, b2, t)) + 1e-8);
}
Update amsgrad_hat(double eps) {
  return [=](double x, double g, double t, double lr, Memory& s) {
    moments(g, s);
    s.u = std::max(s.u, s.v);
    return x - lr * std::sqrt(1 - std::pow(b2, t)) / (1 - std::pow(b1, t)) * s.m / (std::sqrt(s.u) + eps);
  };
}
/// The maximum is over the corrected v.
double optax_amsgrad(double x, double g, double t, double lr, Memory& s) {
  moments(g, s);
  s.u = std::max(s.u, unbiased(s.v, b2, t));
  return x - lr * unbiased(s.m, b1, t) / (std::sqrt(s.u) + 1e-8);
}
double ensmallen_qhm(double x, double g, double, double lr, Memory& s) {
  s.v = 0.999 * s.v + 0.001 * g;
  return x - lr * (0.7 * s.v + 0.3 * g);
}
double ensmallen_qhadam(double x, double g, double t, double lr, Memory& s) {
  moments(g, s);
  return x - lr * (0.7 * unbiased(s.m, b1, t) + 0.3 * g) / (std::sqrt(unbiased(s.v, b2, t)) + 1e-8);
}
double gradient_descent(double x, double g, double, double lr, Memory&) { return x - lr * g; }

std::vector<Library> libraries() {
  return {
      {"sgd:like=torch,l2=0.01",
       [](double x, double g, double, double lr, Memory&) { return x - lr * (g + 0.01 * x); }},
      {"sgd:like=keras", gradient_descent},
      {"sgd:like=optax", gradient_descent},
      {"sgd:like=ensmallen", gradient_descent},
      {"momentum:like=torch", torch_sgd(0.9, 0, false, 0)},
      {"momentum:like=torch,dampening=0.2,l2=0.01", torch_sgd(0.9, 0.2, false, 0.01)},
      {"momentum:like=keras", keras_sgd(0.9, false)},
      {"momentum:like=optax", torch_sgd(0.9, 0, false, 0)},
      {"momentum:like=ensmallen", keras_sgd(0.5, false)},
      {"nesterov:like=torch", torch_sgd(0.9, 0, true, 0)},
      {"nesterov:like=keras", keras_sgd(0.9, true)},
      {"nesterov:like=optax", torch_sgd(0.9, 0, true, 0)},
      {"nesterov:like=ensmallen", keras_sgd(0.5, true)},
      {"adagrad:like=torch", adagrad(0, 1e-10, false)},
      {"adagrad:like=torch,lr_decay=0.1,initial_accumulator=0.5,l2=0.01",
       adagrad(0.5, 1e-10, false, 0.1, 0.01)},
      {"adagrad:like=keras", adagrad(0.1, 1e-7, true)},
      {"adagrad:like=optax", adagrad(0.1, 1e-7, true)},
      {"adagrad:like=ensmallen", adagrad(0, 1e-8, false)},
      {"adadelta:like=torch", adadelta(0.9, 1e-6)},
      {"adadelta:like=keras", adadelta(0.95, 1e-7)},
      {"adadelta:like=optax", adadelta(0.9, 1e-6)},
      {"adadelta:like=ensmallen", adadelta(0.95, 1e-6, true)},
      {"rmsprop:like=torch", torch_rmsprop(0.99, 1e-8, 0, false)},
      {"rmsprop:like=torch,centered=true,momentum=0.8", torch_rmsprop(0.99, 1e-8, 0.8, true)},
      {"rmsprop:like=keras", keras_rmsprop(0.9, 1e-7, 0, false)},
      {"rmsprop:like=keras,centered=true,momentum=0.8", keras_rmsprop(0.9, 1e-7, 0.8, true)},
      {"rmsprop:like=optax", keras_rmsprop(0.9, 1e-8, 0, false)},
      {"rmsprop:like=optax,centered=true,momentum=0.8", keras_rmsprop(0.9, 1e-8, 0.8, true)},
      {"rmsprop:like=ensmallen", torch_rmsprop(0.99, 1e-8, 0, false)},
      {"adam:like=torch,l2=0.01", adam(1e-8, 0.01)},
      {"adam:like=keras", adam_hat(1e-7)},
      {"adam:like=optax", adam(1e-8)},
      {"adam:like=ensmallen", adam_hat(1e-8)},
      {"adamax:like=torch", adamax(1e-8, true)},
      {"adamax:like=keras", adamax(1e-7, false)},
      {"adamax:like=optax", adamax(1e-8, true)},
      {"adamax:like=ensmallen", adamax(1e-8, false)},
      {"nadam:like=torch", nadam(4e-3, 1e-8)},
      {"nadam:like=keras", nadam(1, 1e-7)},
      {"nadam:like=optax", optax_nadam},
      {"nadam:like=ensmallen", ensmallen_nadam},
      {"amsgrad:like=torch", torch_amsgrad},
      {"amsgrad:like=keras", amsgrad_hat(1e-7)},
      {"amsgrad:like=optax", optax_amsgrad},
      {"amsgrad:like=ensmallen", amsgrad_hat(1e-8)},
      {"adamw:like=torch", decoupled(0.01, adam(1e-8))},
      {"adamw:like=keras", decoupled(0.004, adam_hat(1e-7))},
      {"adamw:like=optax", decoupled(1e-4, adam(1e-8))},
      {"qhm:like=ensmallen", ensmallen_qhm},
      {"qhadam:like=ensmallen", ensmallen_qhadam},
  };
}

class Like : public ::testing::TestWithParam<Library> {};

// Gradients of all sizes, so that the place of epsilon shows; a rate that changes, so that the place of the
// rate does.
TEST_P(Like, IsThatLibrarysTrajectory) {
  constexpr std::size_t count = 12;
  auto theta = test::uniform_numbers<double>(count, -1, 1, 21);
  std::vector<double> expected = theta;
  std::vector<Memory> memory(count);
  Optimizer optimizer = make_optimizer(GetParam().specification);
  optimizer.add("x", theta);
  optimizer.schedule("lr", exponential(0.95));
  for (std::uint64_t t = 1; t <= 40; ++t) {
    auto g = test::uniform_numbers<double>(count, -1, 1.5, 22, t);
    for (std::size_t i = 0; i < count; ++i) g[i] *= std::pow(10, -static_cast<double>(i % 10));
    const double lr = optimizer.value("lr");
    for (std::size_t i = 0; i < count; ++i)
      expected[i] = GetParam().update(expected[i], g[i], static_cast<double>(t), lr, memory[i]);
    optimizer.step({g});
    for (std::size_t i = 0; i < count; ++i)
      ASSERT_NEAR(theta[i], expected[i], 1e-12)
          << GetParam().specification << " step " << t << " entry " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Libraries, Like, ::testing::ValuesIn(libraries()),
                         [](const auto& c) { return test::test_name(c.param.specification); });

std::vector<std::string> preset_names() {
  std::vector<std::string> names;
  for (const detail::RuleInfo* info : rules()) {
    for (const Preset& preset : info->presets)
      names.push_back(std::string(info->card.name) + ":like=" + preset.library);
  }
  return names;
}

/// Here, or a golden trajectory with "like": a new rule needs no edit of a test.
TEST(LikeList, EveryPresetHasAReference) {
  std::set<std::string> checked;
  for (const test::GoldenCase& c : test::golden_cases()) {
    const std::size_t like = c.specification.find("like=");
    if (like == std::string::npos) continue;
    const std::size_t comma = c.specification.find(',', like);
    checked.insert(c.optimizer + ":" + c.specification.substr(like, comma - like));
  }
  for (const Library& library : libraries())
    checked.insert(library.specification.substr(0, library.specification.find(',')));
  for (const std::string& name : preset_names()) EXPECT_EQ(checked.count(name), 1U) << name;
}

// The rates that the libraries have when none is given.
TEST(LikeList, DefaultRates) {
  const auto lr = [](const char* text) { return std::get<double>(make_rule(text).get("lr")); };
  EXPECT_EQ(lr("sgd:like=torch"), 1e-3);
  EXPECT_EQ(lr("sgd:like=keras"), 0.01);
  EXPECT_EQ(lr("adagrad:like=torch"), 0.01);
  EXPECT_EQ(lr("adagrad:like=keras"), 1e-3);
  EXPECT_EQ(lr("adadelta:like=torch"), 1);
  EXPECT_EQ(lr("adadelta:like=keras"), 1e-3);
  EXPECT_EQ(lr("rmsprop:like=torch"), 0.01);
  EXPECT_EQ(lr("rmsprop:like=keras"), 1e-3);
  EXPECT_EQ(lr("rmsprop:like=ensmallen"), 0.01);
  EXPECT_EQ(lr("adamax:like=torch"), 2e-3);
  EXPECT_EQ(lr("adamax:like=keras"), 1e-3);
  EXPECT_EQ(lr("nadam:like=torch"), 2e-3);
  EXPECT_EQ(lr("nadam:like=keras"), 1e-3);
  EXPECT_EQ(lr("adam:like=torch"), 1e-3);
}

TEST(LikeList, EveryPresetParsesAndIsText) {
  for (const std::string& name : preset_names()) {
    const AnyRule rule = make_rule(name);
    EXPECT_EQ(make_rule(rule.text()).text(), rule.text()) << name;
    EXPECT_EQ(make_rule(name + ",lr=0.125").get("lr"), Value(0.125));
  }
  for (const AnyRule& rule : test::all_defaults())
    EXPECT_EQ(make_rule(rule.name() + ":like=paper").text(), rule.name());
}

// A form that makes the rule that library's cannot be undone, and a key that the library lacks cannot be set.
TEST(LikeList, FormsAndMissingKeysAreRefused) {
  int forms = 0, lacking = 0;
  for (const detail::RuleInfo* info : rules()) {
    for (const Preset& preset : info->presets) {
      const std::string base = std::string(info->card.name) + ":like=" + preset.library;
      const AnyRule rule = make_rule(base);
      const std::string lacks = std::string(",") + preset.lacks + ",",
                        settings = std::string(",") + preset.settings;
      for (const KeyInfo& key : info->keys) {
        const std::string current = value_text(rule.get(key.name));
        if (lacks.find("," + key.name + ",") != std::string::npos) {
          EXPECT_USAGE_ERROR_WITH(make_rule(base + "," + key.name + "=" + current),
                                  HasSubstr(std::string(preset.library) + "'s " + info->card.name +
                                            " has no such option (like=" + preset.library + ")"));
          ++lacking;
          continue;
        }
        if (settings.find("," + key.name + "=") == std::string::npos) continue;
        EXPECT_EQ(make_rule(base + "," + key.name + "=" + current).text(), rule.text());
        for (const std::string& choice : key.choices) {
          if (choice == current) continue;
          EXPECT_USAGE_ERROR(make_rule(base + "," + key.name + "=" + choice),
                             std::string(info->card.name) + ": " + key.name + " = " + choice +
                                 ": like=" + preset.library + " means " + key.name + "=" + current +
                                 "; leave one of the two out");
          ++forms;
        }
      }
    }
  }
  EXPECT_GT(forms, 25);
  EXPECT_GT(lacking, 15);
}

TEST(LikeList, LibrariesWithoutTheOptimizerAreRefused) {
  EXPECT_USAGE_ERROR(make_rule("aggmo:like=torch"),
                     "aggmo: like = torch: torch has no aggmo; available here: paper");
  EXPECT_USAGE_ERROR(make_rule("qhm:like=keras"),
                     "qhm: like = keras: keras has no qhm; available here: paper, ensmallen");
  EXPECT_USAGE_ERROR(
      make_rule("adamw:like=ensmallen"),
      "adamw: like = ensmallen: ensmallen has no adamw; available here: paper, torch, keras, optax");
  EXPECT_USAGE_ERROR(
      make_rule("adam:like=troch"),
      "unknown library 'troch': did you mean 'torch'? (known: paper, torch, keras, optax, ensmallen)");
  EXPECT_USAGE_ERROR(make_rule("adam:like=jax"),
                     "unknown library 'jax' (known: paper, torch, keras, optax, ensmallen)");
  EXPECT_USAGE_ERROR(make_rule("adam:like=keras,like=torch"), "adam: like = torch: is given twice");
}

}  // namespace
}  // namespace thalweg::like_test
