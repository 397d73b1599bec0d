// libtorch's C++ optimizers (torch::optim), stepping the benchmark's memory in place.

#include <exception>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <ATen/Parallel.h>
#include <torch/optim.h>
#include <torch/version.h>

#include "peer.h"

namespace {

using Parameters = std::vector<torch::Tensor>;
using Optimizer = std::unique_ptr<torch::optim::Optimizer>;

/// thalweg's defaults, where torch::optim has the same rule; null for the rest.
Optimizer make_optimizer(const std::string& rule, double lr, const Parameters& parameters) {
  using namespace torch::optim;  // NOLINT(google-build-using-namespace): eight names of one library
  if (rule == "sgd") return std::make_unique<SGD>(parameters, SGDOptions(lr));
  if (rule == "momentum") return std::make_unique<SGD>(parameters, SGDOptions(lr).momentum(0.9));
  if (rule == "adam") return std::make_unique<Adam>(parameters, AdamOptions(lr));
  if (rule == "amsgrad") return std::make_unique<Adam>(parameters, AdamOptions(lr).amsgrad(true));
  if (rule == "adamw") return std::make_unique<AdamW>(parameters, AdamWOptions(lr).weight_decay(0.01));
  if (rule == "adagrad") return std::make_unique<Adagrad>(parameters, AdagradOptions(lr).eps(1e-8));
  if (rule == "rmsprop")
    return std::make_unique<RMSprop>(parameters, RMSpropOptions(lr).alpha(0.9).eps(1e-8));
  return nullptr;
}

struct State {
  Parameters parameters;
  Optimizer optimizer;
  int threads;
};

/// Runs `body`; what it throws is said on stderr and gives `failed`.
template <class Result, class Body>
Result guarded(Result failed, const Body& body) {
  try {
    return body();
  } catch (const std::exception& error) {
    std::cerr << "libtorch: " << error.what() << '\n';
    return failed;
  }
}

void* create(const ThalwegPeerProblem* problem) {
  return guarded(static_cast<void*>(nullptr), [problem]() -> void* {
    auto state = std::make_unique<State>();
    state->threads = problem->threads;
    const auto type = torch::TensorOptions(problem->bits == 32 ? torch::kFloat32 : torch::kFloat64);
    for (std::size_t i = 0; i < problem->tensors; ++i) {
      const auto size = static_cast<std::int64_t>(problem->sizes[i]);
      torch::Tensor tensor = torch::from_blob(problem->parameters[i], {size}, type);
      tensor.requires_grad_(true);
      tensor.mutable_grad() = torch::from_blob(problem->gradients[i], {size}, type);
      state->parameters.push_back(std::move(tensor));
    }
    state->optimizer = make_optimizer(problem->rule, problem->lr, state->parameters);
    return state->optimizer ? state.release() : nullptr;
  });
}

int step(void* opaque) {
  return guarded(1, [opaque] {
    auto& state = *static_cast<State*>(opaque);
    if (at::get_num_threads() != state.threads) at::set_num_threads(state.threads);  // one for the process
    state.optimizer->step();
    return 0;
  });
}

void destroy(void* opaque) { delete static_cast<State*>(opaque); }

constexpr ThalwegPeer peer{THALWEG_PEER_VERSION,
                           "libtorch",
                           "libtorch " TORCH_VERSION
                           " (C++): torch::optim on tensors made with from_blob; adagrad and rmsprop with ε "
                           "beside the root, amsgrad with bias correction",
                           create,
                           step,
                           destroy,
                           nullptr};

}  // namespace

const ThalwegPeer* thalweg_peer() { return &peer; }
