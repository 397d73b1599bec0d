// ggml's optimizer operators on the benchmark's memory: one graph of one operator per tensor, computed by a
// thread pool that stays. ggml shares a tensor out by rows, so tensors are laid out as rows of equal length.

#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <ggml-cpu.h>
#include <ggml.h>

#include "peer.h"

namespace {

struct Free {
  void operator()(ggml_context* context) const { ggml_free(context); }
  void operator()(ggml_threadpool* pool) const { ggml_threadpool_free(pool); }
};

struct State {
  std::unique_ptr<ggml_context, Free> context;
  std::unique_ptr<ggml_threadpool, Free> pool;
  std::vector<std::vector<float>> moments;
  std::vector<std::uint8_t> work;
  float settings[7];
  double lr;
  double decay;
  int t = 0;
  ggml_cgraph* graph;
  ggml_cplan plan;
};

/// The longest row up to 4096 that divides `size`.
std::size_t row_length(std::size_t size) {
  if (size <= 4096) return size;
  std::size_t row = 4096;
  while (size % row != 0) --row;
  return row < 64 ? size : row;
}

void* create(const ThalwegPeerProblem* problem) {
  const std::string rule = problem->rule;
  const bool sgd = rule == "sgd";
  if (problem->bits != 32 || !(sgd || rule == "adam" || rule == "adamw")) return nullptr;

  auto state = std::make_unique<State>();
  state->lr = problem->lr;
  state->decay = rule == "adamw" ? 0.01 : 0;
  const std::size_t objects = 5 * problem->tensors + 1;
  state->context.reset(ggml_init(
      {objects * ggml_tensor_overhead() + ggml_graph_overhead_custom(objects, false), nullptr, true}));
  ggml_context* context = state->context.get();
  state->graph = ggml_new_graph_custom(context, objects, false);

  ggml_tensor* settings = ggml_new_tensor_1d(context, GGML_TYPE_F32, sgd ? 2 : 7);
  settings->data = state->settings;
  for (std::size_t i = 0; i < problem->tensors; ++i) {
    const std::size_t size = problem->sizes[i];
    if (size == 0) continue;
    const std::size_t row = row_length(size);
    const auto tensor = [&](void* data) {
      ggml_tensor* made = ggml_new_tensor_2d(context, GGML_TYPE_F32, static_cast<std::int64_t>(row),
                                             static_cast<std::int64_t>(size / row));
      made->data = data;
      return made;
    };
    const auto moment = [&] { return tensor(state->moments.emplace_back(size).data()); };
    ggml_tensor* parameters = tensor(problem->parameters[i]);
    ggml_tensor* gradient = tensor(problem->gradients[i]);
    ggml_set_param(parameters);
    ggml_tensor* step = nullptr;
    if (sgd) {
      step = ggml_opt_step_sgd(context, parameters, gradient, settings);
    } else {
      ggml_tensor* m = moment();
      step = ggml_opt_step_adamw(context, parameters, gradient, m, moment(), settings);
    }
    step->data = parameters->data;  // a view of them
    ggml_build_forward_expand(state->graph, step);
  }

  ggml_threadpool_params options = ggml_threadpool_params_default(problem->threads);
  options.poll =
      1;  // by default its threads spin for a quarter of a second after a step, in what is timed next
  state->pool.reset(ggml_threadpool_new(&options));
  if (state->pool == nullptr) return nullptr;
  state->plan = ggml_graph_plan(state->graph, problem->threads, state->pool.get());
  state->work.resize(state->plan.work_size);
  state->plan.work_data = state->work.data();
  return state.release();
}

int step(void* opaque) {
  State& state = *static_cast<State*>(opaque);
  const double t = ++state.t, adam[] = {state.lr,
                                        0.9,
                                        0.999,
                                        1e-8,
                                        state.decay,
                                        1 / (1 - std::pow(0.9, t)),
                                        1 / (1 - std::pow(0.999, t))};
  for (int i = 0; i < 7; ++i) state.settings[i] = static_cast<float>(adam[i]);
  if (state.moments.empty()) state.settings[1] = 0;  // sgd has the rate and the decay
  return ggml_graph_compute(state.graph, &state.plan) == GGML_STATUS_SUCCESS ? 0 : 1;
}

void destroy(void* opaque) { delete static_cast<State*>(opaque); }

}  // namespace

const ThalwegPeer* thalweg_peer() {
  static const std::string about = std::string("ggml ") + ggml_version() +
                                   ": ggml_opt_step_adamw and _sgd, float, one graph of all tensors laid out "
                                   "as rows, a thread pool that stays";
  static const ThalwegPeer peer{THALWEG_PEER_VERSION, "ggml", about.c_str(), create, step, destroy, nullptr};
  return &peer;
}
