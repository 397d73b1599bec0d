#include "bench/peers.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include <dlfcn.h>

#include "bench/measure.h"
#include "bench/rule_passes.h"

namespace thalweg::bench {
namespace {

/// What a peer works on, as it wants to see it.
struct Problem {
  std::string rule;
  std::vector<std::size_t> sizes;
  std::vector<void*> parameters, gradients;
  ThalwegPeerProblem view{};
};

/// Whether a peer has a rule in this precision and on so many threads: asked with one small tensor.
bool has_rule(const Peer& peer, const AnyRule& rule, const Setting& setting, std::size_t threads) {
  std::array<double, 16> parameters{}, gradient{};
  const std::size_t size = 16;
  void* const p = parameters.data();
  void* const g = gradient.data();
  const std::string name = rule.name();
  const ThalwegPeerProblem small{name.c_str(),
                                 std::get<double>(rule.get("lr")),
                                 setting.data->precision() == Precision::float32 ? 32 : 64,
                                 1,
                                 &size,
                                 &p,
                                 &g,
                                 static_cast<int>(threads)};
  void* const state = peer.module->create(&small);
  if (state != nullptr) peer.module->destroy(state);
  return state != nullptr;
}

std::shared_ptr<Problem> make_problem(const Data& data, const AnyRule& rule, std::size_t threads) {
  const auto problem = std::make_shared<Problem>();
  const Shape& shape = data.shape();
  problem->rule = rule.name();
  for (std::size_t i = 0; i < shape.tensors; ++i) {
    const std::size_t at = i * shape.stride() * data.element_size();
    problem->sizes.push_back(shape.each);
    problem->parameters.push_back(static_cast<std::byte*>(data.parameters()) + at);
    problem->gradients.push_back(static_cast<std::byte*>(data.gradient()) + at);
  }
  problem->view = {problem->rule.c_str(),
                   std::get<double>(rule.get("lr")),
                   data.precision() == Precision::float32 ? 32 : 64,
                   shape.tensors,
                   problem->sizes.data(),
                   problem->parameters.data(),
                   problem->gradients.data(),
                   static_cast<int>(threads)};
  return problem;
}

bool has_rate(const AnyRule& rule) {
  const auto& keys = rule.info().keys;
  return std::any_of(keys.begin(), keys.end(), [](const KeyInfo& key) { return key.name == "lr"; });
}

/// A state of the peer while it is needed.
class State {
 public:
  State(const ThalwegPeer* module, std::shared_ptr<Problem> problem)
      : module_(module), problem_(std::move(problem)), state_(module->create(&problem_->view)) {}
  ~State() {
    if (state_ != nullptr) module_->destroy(state_);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  [[nodiscard]] bool there() const { return state_ != nullptr; }
  void step() const {
    if (module_->step(state_) != 0) throw CaseFailed("its step failed");
  }

 private:
  const ThalwegPeer* module_;
  std::shared_ptr<Problem> problem_;
  void* state_;
};

/// What a module offers besides, or null.
template <class Offer>
const Offer* exported(void* module, const char* symbol) {
  const auto entry = reinterpret_cast<const Offer* (*)()>(dlsym(module, symbol));
  return entry == nullptr ? nullptr : entry();
}

}  // namespace

std::vector<Peer> load_peers(const std::string& folder, std::vector<std::string>& left_out) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".so") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::vector<Peer> peers;
  for (const auto& file : files) {
    const std::string name = file.filename().string();
    void* const module = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (module == nullptr) {
      left_out.push_back(name + ": " + dlerror());
      continue;
    }
    const auto entry = reinterpret_cast<const ThalwegPeer* (*)()>(dlsym(module, "thalweg_peer"));
    const ThalwegPeer* const peer = entry == nullptr ? nullptr : entry();
    if (peer == nullptr || peer->version != THALWEG_PEER_VERSION) {
      left_out.push_back(name + ": not a peer's module of this version");
      continue;
    }
    peers.push_back({peer->name, peer->about, peer,
                     exported<ThalwegTrainingPeer>(module, "thalweg_training_peer"),
                     exported<ThalwegSparsePeer>(module, "thalweg_sparse_peer"),
                     exported<ThalwegObjectivePeer>(module, "thalweg_objective_peer"),
                     exported<ThalwegLoadPeer>(module, "thalweg_load_peer")});
  }
  return peers;
}

void add_peers(Block& block, const Setting& setting, const AnyRule& rule, const std::vector<Peer>& peers) {
  if (!has_rate(rule)) return;
  const std::shared_ptr<Data> data = setting.data;
  for (const Peer& peer : peers) {
    for (const std::size_t threads : setting.threads) {
      if (!has_rule(peer, rule, setting, threads)) continue;
      const auto state = std::make_shared<std::unique_ptr<State>>();
      Case c;
      c.group = "peer";
      c.name = peer.name + ": " + rule.name();
      c.threads = threads;
      c.units = static_cast<double>(data->shape().count());
      c.reference = rule.name();
      if (threads > 1) c.settle = 0.01;  // OpenMP's threads go on spinning for some milliseconds
      // A library may copy what it steps, and need as much again while it does.
      c.memory = (slots_of(rule) + 6) * data->shape().room() * data->element_size();
      c.prepare = [=] {
        state->reset();
        *state = std::make_unique<State>(peer.module, make_problem(*data, rule, threads));
        if (!(*state)->there()) throw CaseFailed("it cannot step so many parameters");
      };
      c.run = [state] { (*state)->step(); };
      c.release = [state] { state->reset(); };
      block.cases.push_back(std::move(c));
    }
  }
}

}  // namespace thalweg::bench
