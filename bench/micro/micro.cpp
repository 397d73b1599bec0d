// Calls that take less than a microsecond or so: `thalweg bench` times steps, this what is around them.
//   build/thalweg_micro --benchmark_filter=Pool

#include <vector>

#include <benchmark/benchmark.h>

#include <thalweg/registry.h>
#include <thalweg/thalweg.h>
#include <thalweg/thread_pool.h>

namespace {

using namespace thalweg;

void pool_run(benchmark::State& state) {
  ThreadPool pool(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) pool.run(pool.threads(), [](std::size_t part) { benchmark::DoNotOptimize(part); });
}
BENCHMARK(pool_run)->Name("Pool/start_and_join")->Arg(1)->Arg(2)->UseRealTime();

void one_step(benchmark::State& state, const char* rule) {
  std::vector<float> parameters(static_cast<std::size_t>(state.range(0)), 1),
      gradient(parameters.size(), 0.5F);
  Optimizer optimizer = make_optimizer(rule, {.threads = 1});
  optimizer.add("weights", parameters);
  for (auto _ : state) optimizer.step({gradient});
}
BENCHMARK_CAPTURE(one_step, sgd, "sgd")->Arg(10)->Arg(1000);
BENCHMARK_CAPTURE(one_step, adam, "adam")->Arg(10)->Arg(1000);

// What it costs to look for gradients that are not finite: in the first-level cache, and from memory.
void looking_step(benchmark::State& state, const char* rule, NonFinite policy, bool clips) {
  std::vector<float> parameters(static_cast<std::size_t>(state.range(0)), 1),
      gradient(parameters.size(), 0.5F);
  Optimizer optimizer = make_optimizer(rule, {.threads = 1});
  optimizer.add("weights", parameters);
  optimizer.non_finite(policy);
  if (clips) optimizer.transform(make_transform("clip_norm:max=1"));
  for (auto _ : state) optimizer.step({gradient});
}
BENCHMARK_CAPTURE(looking_step, sgd_pass, "sgd", NonFinite::pass, false)->Arg(1000)->Arg(10'000'000);
BENCHMARK_CAPTURE(looking_step, sgd_stop, "sgd", NonFinite::stop, false)->Arg(1000)->Arg(10'000'000);
BENCHMARK_CAPTURE(looking_step, adam_pass, "adam", NonFinite::pass, false)->Arg(1000)->Arg(10'000'000);
BENCHMARK_CAPTURE(looking_step, adam_stop, "adam", NonFinite::stop, false)->Arg(1000)->Arg(10'000'000);
BENCHMARK_CAPTURE(looking_step, adam_clip_norm_pass, "adam", NonFinite::pass, true)
    ->Arg(1000)
    ->Arg(10'000'000);
BENCHMARK_CAPTURE(looking_step, adam_clip_norm_stop, "adam", NonFinite::stop, true)
    ->Arg(1000)
    ->Arg(10'000'000);

void scheduled_step(benchmark::State& state) {
  std::vector<float> parameters(10, 1), gradient(10, 0.5F);
  Optimizer optimizer = make_optimizer("adam", {.threads = 1});
  optimizer.add("weights", parameters);
  optimizer.schedule("lr", make_schedule("warmup:steps=500 | cosine:steps=1000000000"));
  optimizer.transform(make_transform("clip_norm:max=1"));
  for (auto _ : state) optimizer.step({gradient});
}
BENCHMARK(scheduled_step)->Name("one_step/adam_with_schedule_and_clipping/10");

void rule_from_text(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(make_rule("nadam:lr=2e-3,beta2=0.99"));
}
BENCHMARK(rule_from_text)->Name("make_rule");

void schedule_at(benchmark::State& state) {
  const Schedule schedule = make_schedule("warmup:steps=500 | cosine:steps=9500,final=0");
  double t = 1;
  for (auto _ : state) {
    benchmark::DoNotOptimize(schedule.at(t, 1e-3));
    t = t < 10'000 ? t + 1 : 1;
  }
}
BENCHMARK(schedule_at)->Name("schedule_at");

}  // namespace
