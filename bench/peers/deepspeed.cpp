// DeepSpeed's CPU Adam: its source file, compiled with its own flags, on torch tensors over the benchmark's
// memory.

#include <memory>
#include <string>
#include <vector>

#include <omp.h>
#include <torch/torch.h>

#include "peer.h"

// As the source file defines them.
int create_adam_optimizer(int optimizer_id, float alpha, float betta1, float betta2, float eps,
                          float weight_decay, bool adamw_mode, bool should_log);
int ds_adam_step(int optimizer_id, size_t step, float lr, float beta1, float beta2, float epsilon,
                 float weight_decay, bool bias_correction, torch::Tensor& params, torch::Tensor& grads,
                 torch::Tensor& exp_avg, torch::Tensor& exp_avg_sq);
int destroy_adam_optimizer(int optimizer_id);

namespace {

struct Tensor {
  torch::Tensor parameters, gradient, m, v;
};

struct State {
  int id, threads;
  float lr, decay;
  std::size_t t = 0;
  std::vector<Tensor> tensors;
};

void* create(const ThalwegPeerProblem* problem) {
  const std::string rule = problem->rule;
  if (problem->bits != 32 || (rule != "adam" && rule != "adamw")) return nullptr;
  static int made = 0;
  auto state = std::make_unique<State>();
  state->id = ++made;
  state->threads = problem->threads;
  state->lr = static_cast<float>(problem->lr);
  state->decay = rule == "adamw" ? 0.01F : 0.0F;
  for (std::size_t i = 0; i < problem->tensors; ++i) {
    const auto size = static_cast<std::int64_t>(problem->sizes[i]);
    if (size == 0) continue;
    const auto parameters = torch::from_blob(problem->parameters[i], {size});
    state->tensors.push_back({parameters, torch::from_blob(problem->gradients[i], {size}),
                              torch::zeros_like(parameters), torch::zeros_like(parameters)});
  }
  create_adam_optimizer(state->id, state->lr, 0.9F, 0.999F, 1e-8F, state->decay, true, false);
  return state.release();
}

int step(void* opaque) {
  State& state = *static_cast<State*>(opaque);
  if (omp_get_max_threads() != state.threads) omp_set_num_threads(state.threads);
  ++state.t;
  for (Tensor& tensor : state.tensors)
    ds_adam_step(state.id, state.t, state.lr, 0.9F, 0.999F, 1e-8F, state.decay, true, tensor.parameters,
                 tensor.gradient, tensor.m, tensor.v);
  return 0;
}

void destroy(void* opaque) {
  const std::unique_ptr<State> state(static_cast<State*>(opaque));
  destroy_adam_optimizer(state->id);
}

}  // namespace

const ThalwegPeer* thalweg_peer() {
  static const ThalwegPeer peer{
      THALWEG_PEER_VERSION,
      "deepspeed",
      "DeepSpeed's CPU Adam: ds_adam_step per tensor, float, -O3 -march=native, OpenMP",
      create,
      step,
      destroy,
      nullptr};
  return &peer;
}
