// ensmallen's update policies on the benchmark's memory: one policy per tensor, on an Armadillo vector over
// it, as its optimizers call them. Its policies take one thread whatever they are given.

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <ensmallen.hpp>

#include "peer.h"

namespace {

/// A step of all tensors.
using Step = std::function<void()>;

template <class T, class Update>
Step steps_of(const ThalwegPeerProblem& problem, Update update) {
  using Vector = arma::Mat<T>;
  using Policy = typename Update::template Policy<Vector, Vector>;
  struct Tensor {
    Vector parameters, gradient;
    Policy policy;
  };
  struct All {
    Update update;
    std::vector<std::unique_ptr<Tensor>> tensors;
  };
  auto all = std::make_shared<All>(All{std::move(update), {}});
  for (std::size_t i = 0; i < problem.tensors; ++i) {
    const std::size_t size = problem.sizes[i];
    if (size == 0) continue;
    all->tensors.emplace_back(new Tensor{Vector(static_cast<T*>(problem.parameters[i]), size, 1, false, true),
                                         Vector(static_cast<T*>(problem.gradients[i]), size, 1, false, true),
                                         Policy(all->update, size, 1)});
  }
  return [all, lr = problem.lr] {
    for (const auto& tensor : all->tensors) tensor->policy.Update(tensor->parameters, lr, tensor->gradient);
  };
}

/// The rules by thalweg's names, with thalweg's defaults.
template <class T>
Step step_of(const ThalwegPeerProblem& problem) {
  const std::string rule = problem.rule;
  if (rule == "sgd") return steps_of<T>(problem, ens::VanillaUpdate());
  if (rule == "momentum") return steps_of<T>(problem, ens::MomentumUpdate(0.9));
  if (rule == "adagrad") return steps_of<T>(problem, ens::AdaGradUpdate(1e-8));
  if (rule == "adadelta") return steps_of<T>(problem, ens::AdaDeltaUpdate(0.9, 1e-6));
  if (rule == "rmsprop") return steps_of<T>(problem, ens::RMSPropUpdate(1e-8, 0.9));
  if (rule == "adam") return steps_of<T>(problem, ens::AdamUpdate());
  if (rule == "adamax") return steps_of<T>(problem, ens::AdaMaxUpdate());
  if (rule == "amsgrad") return steps_of<T>(problem, ens::AMSGradUpdate());
  return {};
}

void* create(const ThalwegPeerProblem* problem) {
  if (problem->threads != 1) return nullptr;
  Step step = problem->bits == 32 ? step_of<float>(*problem) : step_of<double>(*problem);
  return step ? new Step(std::move(step)) : nullptr;
}

int step(void* opaque) {
  (*static_cast<Step*>(opaque))();
  return 0;
}

void destroy(void* opaque) { delete static_cast<Step*>(opaque); }

}  // namespace

const ThalwegPeer* thalweg_peer() {
  static const std::string about = "ensmallen " + ens::version::as_string() +
                                   ": update policies on Armadillo vectors over the same memory, one thread";
  static const ThalwegPeer peer{
      THALWEG_PEER_VERSION, "ensmallen", about.c_str(), create, step, destroy, nullptr};
  return &peer;
}
