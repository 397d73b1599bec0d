// Is each peer the same rule? Steps every rule of every module ten times, in float and double, with one
// thread and two, and compares with thalweg's trajectory. usage: check_peers FOLDER|MODULE...

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <map>
#include <string>
#include <type_traits>
#include <vector>

#include <dlfcn.h>

#include <thalweg/error.h>
#include <thalweg/random.h>
#include <thalweg/registry.h>

#include "peer.h"

namespace {

constexpr int steps = 10;
constexpr double lr = 0.01;

/// A peer may round differently, at |θ| < 1.2. Another formula differs by far more: the gradients reach down
/// to ε.
template <class T>
constexpr double tolerance = std::is_same_v<T, float> ? 2e-6 : 2e-14;

/// What libraries do differently, where a peer cannot be told to do as thalweg does by default.
constexpr const char* variants[] = {"",
                                    ",eps_placement=outside",
                                    ",eps_placement=hat",
                                    ",bias_correction=true",
                                    ",bias_correction=true,eps_placement=hat",
                                    ",eps=1e-8",
                                    ",eps=1e-8,eps_placement=inside_max"};

template <class T>
using Tensors = std::vector<std::vector<T>>;

/// Tensors of odd sizes, an empty one among them and one that torch shares out to threads.
template <class T, class Element>
Tensors<T> tensors(const Element& element) {
  Tensors<T> all;
  for (const std::size_t size : {1U, 7U, 0U, 1000U, 70'001U}) {
    auto& tensor = all.emplace_back(size);
    for (std::size_t i = 0; i < size; ++i) tensor[i] = static_cast<T>(element(size, i));
  }
  return all;
}

/// |θ| < 1, and other gradients for every step, of 1e-7 to 1.
template <class T>
struct Problem {
  Tensors<T> parameters, gradients;

  Problem()
      : parameters(
            tensors<T>([](std::size_t size, std::size_t i) { return 2 * thalweg::uniform(size, 0, i) - 1; })),
        gradients(all_gradients()[0]) {}

  void set_gradients(int step) {
    const Tensors<T>& from = all_gradients()[static_cast<std::size_t>(step)];
    for (std::size_t i = 0; i < from.size(); ++i)
      std::copy(from[i].begin(), from[i].end(), gradients[i].begin());
  }

 private:
  static const std::vector<Tensors<T>>& all_gradients() {
    static const std::vector<Tensors<T>> made = [] {
      std::vector<Tensors<T>> all;
      for (std::uint64_t t = 1; t <= steps; ++t)
        all.push_back(tensors<T>([t](std::size_t size, std::size_t i) {
          const double scale = std::pow(10, -7 * thalweg::uniform(size, 0, i + size));
          return scale * (2 * thalweg::uniform(size, t, i) - 1);
        }));
      return all;
    }();
    return made;
  }
};

template <class T>
const Tensors<T>& thalweg_result(const std::string& specification) {
  static std::map<std::string, Tensors<T>> known;
  Tensors<T>& result = known[specification];
  if (!result.empty()) return result;
  Problem<T> problem;
  thalweg::Optimizer optimizer = thalweg::make_optimizer(specification);
  std::vector<thalweg::GradientView> gradients;
  for (std::size_t i = 0; i < problem.parameters.size(); ++i) {
    optimizer.add(std::to_string(i), problem.parameters[i]);
    gradients.emplace_back(problem.gradients[i]);
  }
  for (int t = 0; t < steps; ++t) {
    problem.set_gradients(t);
    optimizer.step(thalweg::Gradients(gradients));
  }
  return result = problem.parameters;
}

/// The peer's result; empty if it has no such rule, precision or number of threads.
template <class T>
Tensors<T> peer_result(const ThalwegPeer& peer, const std::string& rule, int threads) {
  Problem<T> problem;
  std::vector<std::size_t> sizes;
  std::vector<void*> parameters, gradients;
  for (std::size_t i = 0; i < problem.parameters.size(); ++i) {
    sizes.push_back(problem.parameters[i].size());
    parameters.push_back(problem.parameters[i].data());
    gradients.push_back(problem.gradients[i].data());
  }
  const ThalwegPeerProblem given{rule.c_str(),     lr,           8 * int{sizeof(T)},
                                 sizes.size(),     sizes.data(), parameters.data(),
                                 gradients.data(), threads};
  void* state = peer.create(&given);
  if (state == nullptr) return {};
  for (int t = 0; t < steps; ++t) {
    problem.set_gradients(t);
    if (peer.gradients_changed != nullptr) peer.gradients_changed(state);
    if (peer.step(state) != 0) problem.parameters[0][0] = std::numeric_limits<T>::quiet_NaN();
  }
  peer.destroy(state);
  return problem.parameters;
}

/// The largest difference; infinite if either has a NaN.
template <class T>
double difference(const Tensors<T>& a, const Tensors<T>& b) {
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    for (std::size_t k = 0; k < a[i].size(); ++k) {
      const double d = std::abs(double{a[i][k]} - double{b[i][k]});
      largest = std::max(largest, std::isnan(d) ? std::numeric_limits<double>::infinity() : d);
    }
  return largest;
}

/// Prints which variant of thalweg's rule the peer's is, and by how much it differs. False: none.
template <class T>
bool check(const ThalwegPeer& peer, const std::string& rule, int threads, int& checked) {
  const auto theirs = peer_result<T>(peer, rule, threads);
  if (theirs.empty()) return true;
  ++checked;
  std::string nearest;
  double least = std::numeric_limits<double>::infinity();
  for (const std::string variant : variants) {
    const std::string specification = rule + ":lr=" + std::to_string(lr) + variant;
    try {
      const double d = difference(theirs, thalweg_result<T>(specification));
      if (d < least) {
        least = d;
        nearest = variant.empty() ? rule : rule + ':' + variant.substr(1);
      }
    } catch (const thalweg::Error&) {  // the rule has no such key or value
    }
    if (least <= tolerance<T>) break;
  }
  const bool same = least <= tolerance<T>;
  std::printf("%s %-20s %-8s %-6s %d thread%s: within %.1e of %s\n", same ? "ok  " : "FAIL", peer.name,
              rule.c_str(), std::is_same_v<T, float> ? "float" : "double", threads, threads == 1 ? " " : "s",
              least, nearest.c_str());
  return same;
}

/// Whether it makes epochs over two rows. It keeps its weights to itself, so that they are not compared.
bool check_sparse(const char* name, const ThalwegSparsePeer& peer) {
  const unsigned long begin[] = {0, 2, 3};
  const unsigned column[] = {0, 2, 1};
  const float value[] = {1, 0.5F, 2}, target[] = {0, 1};
  const ThalwegSparse problem{2, 3, begin, column, value, target, 0.1};
  void* const state = peer.create(&problem);
  const bool good = state != nullptr && peer.epoch(state) == 0 && peer.epoch(state) == 0;
  if (state != nullptr) peer.destroy(state);
  std::printf("%s %-20s epochs over sparse rows\n", good ? "ok  " : "FAIL", name);
  return good;
}

/// Whether it finds the weights of two rows that it can know: the gradient of the objective is 0 there.
bool check_objective(const char* name, const ThalwegObjectivePeer& peer) {
  const unsigned long begin[] = {0, 2, 3};
  const unsigned column[] = {0, 2, 1};
  const float value[] = {1, 0.5F, 2}, target[] = {0, 1};
  const double l2 = 0.5;
  const ThalwegObjective problem{2, 3, begin, column, value, target, l2};
  double least = std::numeric_limits<double>::infinity();
  void* const state = peer.create(&problem);
  for (int setting = 0; state != nullptr && peer.setting(setting) != nullptr; ++setting) {
    double w[3] = {};
    if (peer.start(state, setting, 1) != 0) break;
    for (int epoch = 0; epoch < 200 && peer.advance(state) == 0; ++epoch) {
    }
    if (peer.weights(state, w) != 0) break;
    const double away = 1 / (1 + std::exp(-(w[0] + 0.5 * w[2]))), towards = 1 / (1 + std::exp(2 * w[1]));
    const double slope[] = {away / 2 + l2 * w[0], -towards + l2 * w[1], away / 4 + l2 * w[2]};
    double largest = 0;
    for (const double s : slope) largest = std::max(largest, std::isnan(s) ? 1 : std::abs(s));
    least = std::min(least, largest);
  }
  if (state != nullptr) peer.destroy(state);
  const bool good = least < 2e-3;
  std::printf("%s %-20s minimizes with a penalty: a gradient of %.1e is left\n", good ? "ok  " : "FAIL", name,
              least);
  return good;
}

bool check_module(const std::filesystem::path& file) {
  void* module = dlopen(std::filesystem::absolute(file).c_str(), RTLD_NOW | RTLD_LOCAL);
  void* symbol = module == nullptr ? nullptr : dlsym(module, "thalweg_peer");
  if (symbol == nullptr) {
    std::printf("FAIL %s: %s\n", file.c_str(), dlerror());
    return false;
  }
  const ThalwegPeer& peer = *reinterpret_cast<decltype(&thalweg_peer)>(symbol)();
  std::printf("     %s: %s\n", peer.name, peer.about);
  bool good = peer.version == THALWEG_PEER_VERSION;
  int checked = 0;
  for (const auto* rule : thalweg::rules())
    for (const int threads : {1, 2}) {
      const std::string name(rule->card.name);
      if (thalweg::make_optimizer(name).looks_ahead()) continue;
      good = check<float>(peer, name, threads, checked) && good;
      good = check<double>(peer, name, threads, checked) && good;
    }
  if (void* const sparse = dlsym(module, "thalweg_sparse_peer"); sparse != nullptr) {
    good = check_sparse(peer.name, *reinterpret_cast<decltype(&thalweg_sparse_peer)>(sparse)()) && good;
    ++checked;
  }
  if (void* const objective = dlsym(module, "thalweg_objective_peer"); objective != nullptr) {
    good =
        check_objective(peer.name, *reinterpret_cast<decltype(&thalweg_objective_peer)>(objective)()) && good;
    ++checked;
  }
  if (dlsym(module, "thalweg_load_peer") != nullptr)
    ++checked;  // what it reads, the benchmark checks by its rows
  if (checked == 0) std::printf("FAIL %s steps nothing\n", peer.name);
  return good && checked > 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::filesystem::path> modules;
  for (const std::string& argument : std::vector<std::string>(argv + 1, argv + argc)) {
    if (!std::filesystem::is_directory(argument)) {
      modules.emplace_back(argument);
      continue;
    }
    for (const auto& entry : std::filesystem::directory_iterator(argument))
      if (entry.path().extension() == ".so") modules.push_back(entry.path());
  }
  std::sort(modules.begin(), modules.end());
  bool good = true;
  for (const auto& module : modules) good = check_module(module) && good;
  std::printf("%zu modules, %s\n", modules.size(), good ? "all the same rules" : "not all the same rules");
  return good && !modules.empty() ? 0 : 1;
}
