#include "bench/rule_cases.h"

#include <span>

#include <thalweg/rules/adam.h>

#include "bench/chain_kernels.h"
#include "bench/pool_cases.h"
#include "bench/rule_passes.h"

namespace thalweg::bench {
namespace {

/// Rules that find their own rate follow a gradient that never turns to infinity: they start anew this often.
constexpr std::size_t steps_of_a_measuring_rule = 50;

/// A sum that nobody looks at must be made all the same.
void keep(double sum) { asm volatile("" : : "r"(&sum) : "memory"); }

template <class T>
void add_tensors(Optimizer& optimizer, std::vector<GradientView>& gradients, const Data& data) {
  const Shape& shape = data.shape();
  for (std::size_t i = 0; i < shape.tensors; ++i) {
    const std::size_t at = i * shape.stride();
    optimizer.add(std::to_string(i), std::span(static_cast<T*>(data.parameters()) + at, shape.each));
    gradients.emplace_back(std::span(static_cast<const T*>(data.gradient()) + at, shape.each));
  }
}

Gradients add_tensors(Optimizer& optimizer, const Data& data) {
  std::vector<GradientView> gradients;
  if (data.precision() == Precision::float32)
    add_tensors<float>(optimizer, gradients, data);
  else
    add_tensors<double>(optimizer, gradients, data);
  return Gradients(std::move(gradients));
}

Case step_case(const Setting& setting, const AnyRule& rule, std::size_t threads,
               const std::vector<AnyTransform>& transforms, const std::vector<Pass>& passes) {
  const std::shared_ptr<Data> data = setting.data;
  Case c;
  c.group = "rule";
  c.name = rule.name();
  c.threads = threads;
  c.units = static_cast<double>(data->shape().count());
  c.bytes = bytes_of(passes, data->element_size());
  c.limit = pass_name(passes);
  c.memory = (slots_of(rule) + (rule.info().looks_ahead(rule.object()) ? 1 : 0)) * data->shape().room() *
             data->element_size();
  if (rule.info().sum_count > 0) c.renew_after = steps_of_a_measuring_rule;
  const auto stepper = std::make_shared<std::unique_ptr<Stepper>>();
  c.prepare = [=] {
    stepper->reset();  // its memory first
    if (rule.info().sum_count > 0) data->start_anew();
    *stepper = std::make_unique<Stepper>(setting, rule, threads, transforms);
  };
  c.run = [stepper] { (*stepper)->step(); };
  c.release = [stepper] { stepper->reset(); };
  return c;
}

/// The sum of squares that a global norm is of, alone, on a thread for each part of the gradient.
Case norm_case(const Setting& setting, const Pass& norm, std::size_t threads) {
  const std::shared_ptr<Data> data = setting.data;
  Case c;
  c.group = "chain";
  c.name = sum_case;
  c.threads = threads;
  c.units = static_cast<double>(data->shape().count());
  c.bytes = bytes_of({norm}, data->element_size());
  c.limit = pass_name({norm});
  c.prepare = [=] { (void)data->pool(threads); };
  c.run = [=] {
    const std::size_t count = data->shape().count();
    data->pool(threads).run(threads, [&](std::size_t i) {
      const std::size_t begin = count * i / threads, end = count * (i + 1) / threads;
      keep(sum_of_gradient(static_cast<const float*>(data->gradient()) + begin, end - begin, data->isa()));
    });
  };
  c.release = [] {};
  return c;
}

/// Arrays in the first-level cache that do not begin at the same offset within a page.
std::vector<void*> small_arrays(const Array& memory, std::size_t count, std::size_t bytes) {
  std::vector<void*> all;
  for (std::size_t i = 0; i < count; ++i) all.push_back(memory.as<std::byte>() + i * (bytes + 320));
  return all;
}

template <class T>
std::shared_ptr<Array> small_memory(std::size_t arrays, std::size_t count, bool positive) {
  auto memory = std::make_shared<Array>(arrays * (count * sizeof(T) + 320));
  const auto all = small_arrays(*memory, arrays, count * sizeof(T));
  for (std::size_t a = 0; a < 2 && a < arrays; ++a) {  // slots stay 0
    T* const numbers = static_cast<T*>(all[a]);
    fill(numbers, count, a + 1);
    for (std::size_t i = 0; positive && i < count; ++i) numbers[i] = std::abs(numbers[i]);
  }
  return memory;
}

constexpr std::size_t calls = 16;

Case small_case(const std::string& group, const std::string& name, std::size_t arrays, Precision precision,
                bool positive, const std::function<void(void* const*, std::size_t)>& call) {
  const bool single = precision == Precision::float32;
  const std::size_t bytes = 4096, count = bytes / (single ? sizeof(float) : sizeof(double));
  const auto memory = std::make_shared<std::shared_ptr<Array>>();
  const auto pointers = std::make_shared<std::vector<void*>>();
  Case c;
  c.group = group;
  c.name = name;
  c.units = static_cast<double>(calls * count);
  c.prepare = [=] {
    *memory =
        single ? small_memory<float>(arrays, count, positive) : small_memory<double>(arrays, count, positive);
    *pointers = small_arrays(**memory, arrays, bytes);
  };
  c.run = [=] {
    for (std::size_t i = 0; i < calls; ++i) call(pointers->data(), count);
  };
  c.release = [memory] { memory->reset(); };
  return c;
}

/// What chains compute from the first-level cache, and the sum of a norm alone.
void add_chain_kernels(Block& block, const AnyRule& adam, Isa isa) {
  const auto add = [&](const std::string& name, const std::function<void(void* const*, std::size_t)>& call) {
    block.cases.push_back(small_case("kernel", name, slots_of(adam) + 2, Precision::float32, false, call));
  };
  add(sum_case, [isa](void* const* arrays, std::size_t count) {
    keep(sum_of_gradient(static_cast<const float*>(arrays[1]), count, isa));
  });
  for (const Chain& chain : chains()) {
    const auto call = std::make_shared<ChainCall>(adam, chain, isa);
    add("adam + " + chain.name, [call](void* const* arrays, std::size_t count) { (*call)(arrays, count); });
  }
}

}  // namespace

Stepper::Stepper(const Setting& setting, const AnyRule& rule, std::size_t threads,
                 const std::vector<AnyTransform>& transforms)
    : optimizer_(rule, {.threads = threads, .isa = setting.isa}),
      gradients_(add_tensors(optimizer_, *setting.data)),
      looks_ahead_(optimizer_.looks_ahead()) {
  for (const AnyTransform& transform : transforms) optimizer_.transform(transform);
}

void Stepper::step() {
  if (looks_ahead_) optimizer_.look_ahead();
  optimizer_.step(gradients_);
}

void add_limit(Block& block, const Setting& setting, const std::vector<Pass>& passes) {
  const std::string name = pass_name(passes);
  for (const Case& c : block.cases) {
    if (c.group == "limit" && c.name == name) return;
  }
  block.memory = std::max(block.memory, scratch_of(*setting.data, passes));
  for (const std::size_t threads : setting.threads)
    block.cases.push_back(limit_case(setting.data, passes, threads));
}

void add_rule(Block& block, const Setting& setting, const AnyRule& rule) {
  const std::vector<Pass> passes = passes_of(rule);
  add_limit(block, setting, passes);
  for (const std::size_t threads : setting.threads)
    block.cases.push_back(step_case(setting, rule, threads, {}, passes));
}

void add_chains(Block& block, const Setting& setting) {
  const AnyRule adam = Adam{};
  const Pass step = passes_of(adam).back(), norm{1, 0, 0};
  add_limit(block, setting, {norm});
  for (const std::size_t threads : setting.threads) block.cases.push_back(norm_case(setting, norm, threads));
  for (const Chain& chain : chains()) {
    const std::vector<Pass> passes = needs_norm(chain) ? std::vector{norm, step} : std::vector{step};
    add_limit(block, setting, passes);
    for (const std::size_t threads : setting.threads) {
      Case c = step_case(setting, adam, threads, chain.transforms, passes);
      c.group = "chain";
      c.name = "adam + " + chain.name;
      c.reference = "adam";
      block.cases.push_back(std::move(c));
    }
  }
}

Block overhead_block(const std::vector<std::size_t>& threads, const std::string& isa, std::size_t rounds) {
  Block block;
  block.size = "10";
  block.precision = "float32";
  block.rounds = rounds;
  const AnyRule adam = Adam{};
  const auto add = [&](std::size_t tensors, std::size_t each, std::size_t units, const std::string& unit,
                       const std::string& name) {
    const Setting setting{
        std::make_shared<Data>(Shape{name, tensors, each}, Precision::float32, find_isa(isa)), threads, isa};
    for (const std::size_t n : threads) {
      Case c = step_case(setting, adam, n, {}, passes_of(adam));
      c.group = "overhead";
      c.name = name;
      c.unit = unit;
      c.units = static_cast<double>(units);
      c.limit.clear();
      c.bytes = 0;
      block.cases.push_back(std::move(c));
    }
  };
  add(1, 10, 1, "step", "one tensor of 10");
  add(10'000, 10, 10'000, "tensor", "10,000 tensors of 10");
  add(1, 100'000, 10'000, "10 parameters", "one tensor of 100,000");
  add_pool_cases(block, threads);
  return block;
}

Block kernel_block(const std::vector<AnyRule>& rules, Precision precision, const std::string& isa,
                   std::size_t rounds) {
  const Isa set = find_isa(isa);
  Block block;
  block.size = "L1";
  block.precision = precision_name(precision);
  block.rounds = rounds;
  const auto add_bare = [&](Bare loop, const std::string& name, std::size_t arrays, bool positive) {
    block.cases.push_back(small_case(
        "limit", name, arrays, precision, positive,
        [=](void* const* pointers, std::size_t count) { run_bare(loop, precision, set, pointers, count); }));
  };
  add_bare(Bare::root_and_quotient, "root and quotient", 3, true);
  add_bare(Bare::adam_by_hand, "adam by hand", 4, false);
  for (const AnyRule& rule : rules) {
    const auto call = std::make_shared<KernelCall>(rule, precision, set);
    Case c = small_case("kernel", rule.name(), slots_of(rule) + 2, precision, false,
                        [call](void* const* pointers, std::size_t count) { (*call)(pointers, count); });
    block.cases.push_back(std::move(c));
    if (rule.name() == "adam" && precision == Precision::float32) add_chain_kernels(block, rule, set);
  }
  return block;
}

}  // namespace thalweg::bench
