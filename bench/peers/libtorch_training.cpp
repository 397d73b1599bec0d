// libtorch's C++ front end training a network: its modules, its autograd, its SGD. Rows of a batch are taken
// by index_select from a tensor on the benchmark's memory.

#include <cstring>
#include <exception>
#include <iostream>
#include <memory>
#include <vector>

#include <ATen/Parallel.h>
#include <dlfcn.h>
#include <torch/nn.h>
#include <torch/optim.h>

#include "peer.h"

namespace {

struct Setting {
  const char* about;
  int torch, blas;
};

/// Debian's libtorch multiplies on the BLAS, which has threads of its own.
const Setting* find_setting(int threads, int number) {
  static constexpr Setting one{"1 thread", 1, 1};
  static Setting several[] = {{"torch on all threads, BLAS on 1", 0, 1},
                              {"torch on 1 thread, BLAS on all", 1, 0},
                              {"torch and BLAS on all threads", 0, 0}};
  if (threads == 1) return number == 0 ? &one : nullptr;
  return number < 3 ? &several[number] : nullptr;
}

const char* setting(int threads, int number) {
  const Setting* const found = find_setting(threads, number);
  return found == nullptr ? nullptr : found->about;
}

void set_blas_threads(int threads) {
  static const auto set = reinterpret_cast<void (*)(int)>(dlsym(RTLD_DEFAULT, "openblas_set_num_threads"));
  if (set != nullptr) set(threads);
}

struct State {
  torch::nn::Sequential network;
  std::vector<torch::nn::Linear> layers;
  std::vector<float*> weights, biases;
  torch::Tensor features, targets;
  std::unique_ptr<torch::optim::SGD> optimizer;
  int torch_threads, blas_threads;
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

/// The benchmark's weights are (inputs x outputs), torch's the other way round.
torch::Tensor view(float* memory, std::int64_t rows, std::int64_t columns) {
  return torch::from_blob(memory, {rows, columns}, torch::kFloat32);
}

void* create(const ThalwegTraining* training) {
  return guarded(static_cast<void*>(nullptr), [training]() -> void* {
    const Setting* const found = find_setting(training->threads, training->setting);
    if (found == nullptr) return nullptr;
    auto state = std::make_unique<State>();
    state->torch_threads = found->torch == 0 ? training->threads : found->torch;
    state->blas_threads = found->blas == 0 ? training->threads : found->blas;
    const torch::NoGradGuard no_gradient;
    for (std::size_t l = 0; l < training->layers; ++l) {
      const auto inputs = static_cast<std::int64_t>(training->widths[l]),
                 outputs = static_cast<std::int64_t>(training->widths[l + 1]);
      torch::nn::Linear layer(inputs, outputs);
      layer->weight.copy_(view(training->weights[l], inputs, outputs).t());
      layer->bias.copy_(view(training->biases[l], 1, outputs).squeeze(0));
      if (l > 0) state->network->push_back(torch::nn::ReLU());
      state->network->push_back(layer);
      state->layers.push_back(layer);
      state->weights.push_back(training->weights[l]);
      state->biases.push_back(training->biases[l]);
    }
    const auto rows = static_cast<std::int64_t>(training->rows),
               columns = static_cast<std::int64_t>(training->widths[0]);
    state->features = view(const_cast<float*>(training->features), rows, columns);
    state->targets = view(const_cast<float*>(training->targets), 1, rows).squeeze(0).to(torch::kLong);
    state->optimizer = std::make_unique<torch::optim::SGD>(state->network->parameters(),
                                                           torch::optim::SGDOptions(training->lr));
    return state.release();
  });
}

int step(void* opaque, const unsigned* rows, std::size_t count) {
  return guarded(1, [=] {
    auto& state = *static_cast<State*>(opaque);
    if (at::get_num_threads() != state.torch_threads) at::set_num_threads(state.torch_threads);
    if (state.blas_threads != 1) set_blas_threads(state.blas_threads);
    const auto batch =
        torch::from_blob(const_cast<unsigned*>(rows), {static_cast<std::int64_t>(count)}, torch::kInt32);
    const auto output = state.network->forward(state.features.index_select(0, batch));
    const auto loss = torch::nn::functional::cross_entropy(output, state.targets.index_select(0, batch));
    state.optimizer->zero_grad();
    loss.backward();
    state.optimizer->step();
    if (state.blas_threads != 1) set_blas_threads(1);  // thalweg's workers bring their own threads
    return 0;
  });
}

void destroy(void* opaque) {
  const std::unique_ptr<State> state(static_cast<State*>(opaque));
  guarded(0, [&] {
    const torch::NoGradGuard no_gradient;
    for (std::size_t l = 0; l < state->layers.size(); ++l) {
      const auto& weight = state->layers[l]->weight;
      view(state->weights[l], weight.size(1), weight.size(0)).copy_(weight.t());
      view(state->biases[l], 1, weight.size(0)).squeeze(0).copy_(state->layers[l]->bias);
    }
    return 0;
  });
}

constexpr ThalwegTrainingPeer peer{THALWEG_PEER_VERSION, setting, create, step, destroy};

}  // namespace

const ThalwegTrainingPeer* thalweg_training_peer() { return &peer; }
