// liblinear, linked: logistic regression by the primal trust region method (-s 0) and by dual coordinate
// descent
// (-s 7), trained whole to a tolerance. It steps nothing.

#include <cmath>
#include <cstdlib>
#include <memory>
#include <vector>

#include <linear.h>

#include "peer.h"

#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)

namespace {

/// liblinear minimizes C times the sum of the losses and half of the squares: the objective times C and the
/// rows.
struct State {
  std::vector<feature_node> nodes;
  std::vector<feature_node*> rows;
  std::vector<double> classes;
  problem data{};
  parameter how{};
  std::unique_ptr<model, void (*)(model*)> found{nullptr, [](model* m) { free_and_destroy_model(&m); }};
};

struct Setting {
  const char* name;
  int solver;
  double tolerance;
};
constexpr Setting settings[] = {{"-s 7 -e 10", L2R_LR_DUAL, 10},
                                {"-s 7 -e 1", L2R_LR_DUAL, 1},
                                {"-s 7 -e 0.1", L2R_LR_DUAL, 0.1},
                                {"-s 7 -e 0.01", L2R_LR_DUAL, 0.01},
                                {"-s 7 -e 0.001", L2R_LR_DUAL, 1e-3},
                                {"-s 0 -e 10", L2R_LR, 10},
                                {"-s 0 -e 1", L2R_LR, 1},
                                {"-s 0 -e 0.1", L2R_LR, 0.1},
                                {"-s 0 -e 0.01", L2R_LR, 0.01},
                                {"-s 0 -e 0.001", L2R_LR, 1e-3}};

void* create(const ThalwegObjective* objective) {
  set_print_string_function([](const char*) {});
  auto state = std::make_unique<State>();
  const std::size_t nonzeros = objective->row_begin[objective->rows];
  state->nodes.reserve(nonzeros + objective->rows);
  for (std::size_t i = 0; i < objective->rows; ++i) {
    state->rows.push_back(state->nodes.data() + state->nodes.size());
    for (std::size_t k = objective->row_begin[i]; k < objective->row_begin[i + 1]; ++k)
      state->nodes.push_back(
          {static_cast<int>(objective->column[k]) + 1, static_cast<double>(objective->value[k])});
    state->nodes.push_back({-1, 0});
    state->classes.push_back(objective->target[i] > 0 ? 1 : -1);
  }
  state->data = {static_cast<int>(objective->rows), static_cast<int>(objective->columns),
                 state->classes.data(), state->rows.data(), -1};
  state->how.C = 1 / (objective->l2 * static_cast<double>(objective->rows));
  state->how.p = 0.1;
  return state.release();
}

const char* setting(int number) {
  return number < static_cast<int>(sizeof settings / sizeof *settings) ? settings[number].name : nullptr;
}

int start(void* of, int number, unsigned seed) {
  auto& state = *static_cast<State*>(of);
  state.how.solver_type = settings[number].solver;
  state.how.eps = settings[number].tolerance;
  std::srand(seed);  // which it draws its order from
  return check_parameter(&state.data, &state.how) == nullptr ? 0 : 1;
}

int advance(void* of) {
  auto& state = *static_cast<State*>(of);
  state.found.reset(train(&state.data, &state.how));
  return state.found == nullptr ? -1 : 1;
}

int weights(void* of, double* to) {
  const model& found = *static_cast<State*>(of)->found;
  const double sign = found.label[0] == 1 ? 1 : -1;
  for (int k = 0; k < found.nr_feature; ++k) to[k] = sign * found.w[k];
  return 0;
}

constexpr ThalwegObjectivePeer objective{
    THALWEG_PEER_VERSION, create, setting, start, advance, weights, [](void* of) {
      delete static_cast<State*>(of);
    }};

constexpr ThalwegPeer peer = thalweg_steps_nothing(
    "liblinear", "version " TEXT(LIBLINEAR_VERSION) ", -s 0 and -s 7 without a bias, in double");

}  // namespace

const ThalwegPeer* thalweg_peer() { return &peer; }
const ThalwegObjectivePeer* thalweg_objective_peer() { return &objective; }
