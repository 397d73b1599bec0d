#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <thalweg/error.h>
#include <thalweg/problems.h>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/diagnosis.h"
#include "cli/language.h"
#include "cli/text.h"
#include "cli/training_diagnosis.h"
#include "cli/training_options.h"

namespace thalweg::cli {
namespace {

using namespace workbench::diagnosis;

class Diagnose : public Command {
 public:
  About about() const override {
    return {
        "diagnose",
        "say why a run is stuck, and what to try",
        "Runs a training (or, with PROBLEM, a minimization) as `train` (or `minimize`) would, and looks at "
        "the place where it ends: slope, gradients, steps, curvature, noise, units. It names the state, "
        "shows the numbers that speak for it, and advises one change. Exits with 1 where something is to "
        "be changed, and with 0 where the run goes on or has arrived.",
        {{"diagnose --data iris --optimizer sgd:lr=1e-4", "A training that hardly moves:"},
         {"diagnose scales --optimizer sgd:lr=1e-7 --steps 2000", "A convex surface with one rate:"},
         {"diagnose saddle --optimizer sgd --start 1,1e-6 --steps 150", "A saddle point:"},
         {"diagnose --data wine --no-standardize --json | jq .advice", "For machines:"}}};
  }

  void declare(Arguments& a) override {
    arguments_ = &a;
    a.text("PROBLEM", "PROBLEM", problem_, "one of `thalweg list problems`, instead of a training");
    training_.declare_first(a);
    training_.declare_rest(a);
    a.group("With PROBLEM");
    a.numbers("--start", start_, any_number(), "where to begin; else the problem's own start");
    a.count("--dimension,-n", dimension_, at_least(1), "of the problem; else its own");
    a.count("--steps", steps_, at_least(1), "how many to make");
    a.number("--tolerance", tolerance_, at_least(0), "stop where the gradient's norm is at most this");
    a.group("Output");
    language_.declare(a);
  }

  int run(const Session& session) override {
    const messages::Language language = language_.language();
    check_options();
    const auto [diagnosis, invocation] = problem_.empty() ? of_training(session) : of_problem(session);
    if (session.options.json)
      fmt::print("{}\n", diagnosis_json(diagnosis, invocation, language).dump());
    else
      fmt::print("{}",
                 diagnosis_text(diagnosis, invocation, session.terminal, language, !session.options.quiet));
    return is_healthy(diagnosis.verdict.state) ? Exit::done : Exit::missed;
  }

 private:
  /// An option that would not count is refused.
  void check_options() const {
    for (const char* option : {"--start", "--dimension", "--steps", "--tolerance"}) {
      if (problem_.empty() && arguments_->given(option))
        throw usage_error(option, "given", "needs a PROBLEM, as in: thalweg diagnose rosenbrock");
    }
    for (const char* option :
         {"--data",           "--model",       "--epochs", "--batch",      "--cooldown",
          "--max-steps",      "--max-seconds", "--target", "--patience",   "--label",
          "--test",           "--test-label",  "--task",   "--validation", "--test-fraction",
          "--no-standardize", "--parameters",  "--state",  "--master",     "--rounding",
          "--loss-scale"}) {
      if (!problem_.empty() && arguments_->given(option))
        throw usage_error(option, "given", "is for a training, and " + problem_ + " is a problem");
    }
    if (!problem_.empty() && training_.step.plateau())
      throw usage_error("--schedule", "plateau", "is for a training, and " + problem_ + " is a problem");
  }

  std::pair<Diagnosis, Invocation> of_training(const Session& session) const {
    const workbench::TrainOptions options = training_.options(session.options);
    const models::ModelSpec model = models::make_model(training_.model);
    const data::Split split = training_.split(session.options);
    workbench::Trainer trainer(split, model, options);
    TrainingWatch watch(trainer, split, model, options);
    Progress progress(session.options.quiet);
    (void)workbench::train(trainer, split, model, options, [&](const workbench::TrainProgress& p) {
      if (p.finished == nullptr) watch.after_step();
      progress.update(static_cast<double>(p.step) / static_cast<double>(p.steps), "training");
      return true;
    });
    progress.update(1, "diagnosing");
    Evidence evidence = watch.finish({.seed = session.options.seed});
    progress.clear();
    return {diagnose(std::move(evidence), setting_of(training_, options, split)),
            {"diagnose", training_.words(session.options)}};
  }

  std::pair<Diagnosis, Invocation> of_problem(const Session& session) const {
    std::size_t dimension = dimension_;
    if (dimension == 0 && start_.size() != make_problem(problem_).dimension) dimension = start_.size();
    const Problem problem = make_problem(problem_, dimension);
    if (!start_.empty() && start_.size() != problem.dimension) {
      throw usage_error("--start", fmt::format("{} numbers", start_.size()),
                        fmt::format("must have {}, the dimension of {}", problem.dimension, problem_));
    }
    ObjectiveSubject subject(problem, problem.dimension);
    DescentOptions options;
    options.optimizer = training_.step.rule();
    options.schedules = training_.step.made_schedules();
    options.transforms = training_.step.made_transforms(session.options.seed);
    options.steps = steps_;
    options.gradient_tolerance = tolerance_;
    Setting setting{options.optimizer, options.transforms, steps_};
    Invocation invocation{"diagnose " + problem_, training_.step.words()};
    if (!start_.empty()) {
      std::vector<std::string> numbers;
      for (const double x : start_) numbers.push_back(number_text(x));
      invocation.options.emplace_back("--start", joined(numbers, ","));
    }
    if (dimension_ > 0) invocation.options.emplace_back("--dimension", std::to_string(dimension_));
    invocation.options.emplace_back("--steps", std::to_string(steps_));
    if (session.options.seed > 0)
      invocation.options.emplace_back("--seed", std::to_string(session.options.seed));
    Evidence evidence = diagnose_descent(subject, start_.empty() ? problem.start : start_, options,
                                         {.seed = session.options.seed});
    return {diagnose(std::move(evidence), setting), std::move(invocation)};
  }

  const Arguments* arguments_ = nullptr;
  std::string problem_;
  TrainingOptions training_;
  Vector start_;
  std::uint64_t dimension_ = 0, steps_ = 1000;
  double tolerance_ = DescentOptions{}.gradient_tolerance;
  LanguageOption language_;
};

}  // namespace

std::unique_ptr<Command> diagnose_command() { return std::make_unique<Diagnose>(); }

}  // namespace thalweg::cli
