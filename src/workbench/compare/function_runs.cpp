#include <cmath>
#include <memory>

#include <fmt/format.h>
#include <zlib.h>

#include <thalweg/error.h>
#include <thalweg/problems.h>
#include <thalweg/random.h>
#include <thalweg/registry.h>

#include "workbench/compare/prepared.h"
#include "workbench/seconds.h"

namespace thalweg::workbench {
namespace {

constexpr double spread_of_starts = 0.05;   // of the plot's width, to both sides
constexpr double smallest_gap = -16;        // log10; below it doubles have no digits left
constexpr std::uint64_t starts = 0x57a275;  // the stream of random numbers that starts come from

std::vector<double> start_of(const Problem& problem, std::uint64_t seed) {
  std::vector<double> x = problem.start;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double width = problem.view[i].high - problem.view[i].low;
    x[i] += spread_of_starts * width * (2 * uniform(seed, starts, i) - 1);
  }
  return x;
}

/// The run of one seed.
class FunctionRun {
 public:
  FunctionRun(const Problem& problem, const RunRequest& request, const std::string& isa)
      : problem_(problem),
        x_(start_of(problem, request.seed)),
        gradient_(x_.size()),
        optimizer_(make_rule(request.spec), {.threads = 1, .isa = isa}) {
    optimizer_.add("x", x_);
    first_gap_ = problem_(x_) - *problem_.minimum;
  }

  /// Makes a step. Returns what went wrong, or "".
  std::string step() {
    optimizer_.look_ahead();
    const double value = problem_(x_, gradient_);
    if (std::string fault = fault_of(value, "the gradient", gradient_); !fault.empty()) {
      optimizer_.come_back();
      return fault;
    }
    optimizer_.step({gradient_});
    return fault_of(0, "x", x_);
  }

  [[nodiscard]] std::uint64_t steps() const { return optimizer_.steps(); }
  [[nodiscard]] double gap() const { return problem_(x_) - *problem_.minimum; }

  /// Loss and score of a gap.
  [[nodiscard]] models::Scores scores(double gap) const {
    const double ratio = gap > 0 && first_gap_ > 0 ? std::log10(gap / first_gap_) : smallest_gap;
    return {gap, std::max(ratio, smallest_gap)};
  }

  [[nodiscard]] std::string fault_of(double value, const char* name,
                                     const std::vector<double>& numbers) const {
    if (!std::isfinite(value)) return "the value is not finite";
    if (value - *problem_.minimum > divergence_factor * std::max(1.0, first_gap_))
      return "the value is a million times that of the start";
    for (const double number : numbers) {
      if (!std::isfinite(number)) return std::string(name) + " is not finite";
    }
    return {};
  }

 private:
  const Problem& problem_;
  std::vector<double> x_, gradient_;
  Optimizer optimizer_;
  double first_gap_ = 0;
};

Run run_function(const Problem& problem, const RunRequest& request, std::uint64_t steps,
                 const std::string& isa, const std::function<void()>& epoch_done) {
  const auto begin = Clock::now();
  const auto passed = [&] { return seconds_since(begin); };
  FunctionRun function(problem, request, isa);
  Run run;
  run.start = function.scores(function.gap());
  std::string fault;
  for (std::size_t epoch = 1; epoch <= request.epochs; ++epoch) {
    for (std::uint64_t i = 0; i < steps && fault.empty(); ++i) fault = function.step();
    const double gap = function.gap();
    if (fault.empty()) fault = function.fault_of(gap + *problem.minimum, "x", {});
    if (!fault.empty()) {
      run.divergence = Divergence{function.steps() + 1, fault};
      break;
    }
    run.curve.push_back({epoch, gap, function.scores(gap), passed()});
    epoch_done();
  }
  if (!run.divergence) run.result = Run::Result{run.curve.back().validation, run.curve.back().validation};
  run.seconds = passed();
  return run;
}

}  // namespace

void check_function(const CompareOptions& options) {
  if (options.steps == 0) throw usage_error("steps", "0", "must be at least 1");
  if (!make_problem(options.problem, options.dimension).minimum) {
    throw usage_error("problem", options.problem,
                      "must have a known minimum, from which the score is measured; this one has none");
  }
}

Prepared prepare_function(const CompareOptions& options) {
  check_function(options);
  const auto problem = std::make_shared<const Problem>(make_problem(options.problem, options.dimension));
  Prepared prepared;
  // What the runs depend on: the function by its name and numbers.
  uLong sum = crc32_z(0, nullptr, 0);
  const auto add = [&](const std::vector<double>& numbers) {
    sum = crc32_z(sum, reinterpret_cast<const Bytef*>(numbers.data()), numbers.size() * sizeof(double));
  };
  sum = crc32_z(sum, reinterpret_cast<const Bytef*>(problem->formula.data()), problem->formula.size());
  add(start_of(*problem, options.seed));
  add({*problem->minimum});
  prepared.data.checksum = fmt::format("{:08x}", sum);
  prepared.data.task = data::Task::regression;
  prepared.data.columns = prepared.parameters = problem->dimension;
  prepared.steps_per_epoch = options.steps;
  prepared.train = [problem, steps = options.steps, isa = options.isa](const RunRequest& request,
                                                                       const std::function<void()>& done) {
    return run_function(*problem, request, steps, isa, done);
  };
  return prepared;
}

}  // namespace thalweg::workbench
