#include <algorithm>
#include <span>

#include <thalweg/number.h>
#include <thalweg/rules/adam.h>

#include "bench/rule_cases.h"
#include "bench/rule_passes.h"

namespace thalweg::bench {
namespace {

constexpr double gradient_scale = 1024;

/// A way of storing what Adam steps.
struct Way {
  const char* name;
  Precision parameters, gradients;
  Storage storage;
  double bytes;  ///< read and written for each parameter
};

const std::vector<Way>& ways() {
  static const std::vector<Way> all = [] {
    constexpr Precision full = Precision::float32, brain = Precision::bfloat16, half = Precision::float16;
    const auto state = [](StateType type, bool master = false, Rounding rounding = Rounding::nearest) {
      return Storage{.state = type, .master = master, .rounding = rounding};
    };
    return std::vector<Way>{
        {"adam, bf16 state", full, full, state(StateType::bfloat16), 20},
        {"adam, all bf16", brain, brain, state(StateType::bfloat16), 14},
        {"adam, all bf16, stochastic rounding", brain, brain,
         state(StateType::bfloat16, false, Rounding::stochastic), 14},
        {"adam, int8 state", full, full, state(StateType::int8), 16 + 16.0 / 256},
        {"adam, bf16 gradients", full, brain, state(StateType::automatic), 26},
        {"adam, fp16 parameters and gradients", half, half, state(StateType::automatic), 22},
        {"adam, bf16 with a float32 master", brain, brain, state(StateType::automatic, true), 28},
    };
  }();
  return all;
}

std::size_t size_of(Precision p) { return p == Precision::float32 ? 4 : 2; }

/// The data of a block in another type, or themselves.
template <class T>
void convert(const void* from, std::size_t count, void* to) {
  const auto* const x = static_cast<const float*>(from);
  auto* const y = static_cast<T*>(to);
  for (std::size_t i = 0; i < count; ++i) y[i] = T(x[i]);
}

struct Stored {
  Array copy;
  void* numbers = nullptr;
  Precision precision = Precision::float32;

  Stored(void* from, std::size_t count, Precision as) : numbers(from), precision(as) {
    if (as == Precision::float32) return;
    copy = Array(count * size_of(as));
    numbers = copy.data();
    if (as == Precision::bfloat16)
      convert<bfloat16>(from, count, numbers);
    else
      convert<float16>(from, count, numbers);
  }
  template <class View>
  [[nodiscard]] View view(std::size_t at, std::size_t count) const {
    if (precision == Precision::float32) return View(std::span(static_cast<float*>(numbers) + at, count));
    if (precision == Precision::bfloat16) return View(std::span(static_cast<bfloat16*>(numbers) + at, count));
    return View(std::span(static_cast<float16*>(numbers) + at, count));
  }
};

/// An optimizer with what it steps.
struct StoredStepper {
  StoredStepper(const Setting& setting, const Way& way, std::size_t threads)
      : parameters(setting.data->parameters(), setting.data->shape().room(), way.parameters),
        gradients(setting.data->gradient(), setting.data->shape().room(), way.gradients),
        optimizer(Adam{}, way.storage, {.threads = threads, .isa = setting.isa}) {
    const Shape& shape = setting.data->shape();
    for (std::size_t i = 0; i < shape.tensors; ++i) {
      const std::size_t at = i * shape.stride();
      optimizer.add(std::to_string(i), parameters.view<ParameterView>(at, shape.each));
      views.push_back(gradients.view<GradientView>(at, shape.each));
    }
    all = std::make_unique<Gradients>(views);
  }

  Stored parameters, gradients;
  Optimizer optimizer;
  std::vector<GradientView> views;
  std::unique_ptr<Gradients> all;
};

const Way plain{"", Precision::float32, Precision::float32, {}, 28};

Case stored_case(const Setting& setting, const Way& way, std::size_t threads, const std::string& group,
                 const std::string& name, const std::function<void(StoredStepper&)>& begin,
                 const std::function<void(StoredStepper&)>& step) {
  const std::shared_ptr<Data> data = setting.data;
  Case c;
  c.group = group;
  c.name = name;
  c.threads = threads;
  c.units = static_cast<double>(data->shape().count());
  c.bytes = way.bytes;
  c.limit = pass_name(passes_of(Adam{}));
  c.reference = "adam";
  c.memory = data->shape().room() * 16;  // at most: state, master, and both arrays in another type
  const auto stepper = std::make_shared<std::unique_ptr<StoredStepper>>();
  c.prepare = [=] {
    stepper->reset();  // its memory first
    *stepper = std::make_unique<StoredStepper>(setting, way, threads);
    if (begin) begin(**stepper);
  };
  c.run = [stepper, step] { step(**stepper); };
  c.release = [stepper] { stepper->reset(); };
  return c;
}

}  // namespace

void add_storage(Block& block, const Setting& setting) {
  const auto whole = [](StoredStepper& s) { s.optimizer.step(*s.all); };
  for (const std::size_t threads : setting.threads) {
    for (const Way& way : ways())
      block.cases.push_back(stored_case(setting, way, threads, "storage", way.name, {}, whole));
    block.cases.push_back(stored_case(
        setting, plain, threads, "chain", "adam + loss scale",
        [](StoredStepper& s) { s.optimizer.loss_scale(gradient_scale); }, whole));
    block.cases.push_back(
        stored_case(setting, plain, threads, "chain", "adam, tensor by tensor", {}, [](StoredStepper& s) {
          s.optimizer.begin_step();
          for (std::size_t i = 0; i < s.views.size(); ++i) s.optimizer.step_tensor(i, s.views[i]);
          s.optimizer.end_step();
        }));
  }
}

}  // namespace thalweg::bench
