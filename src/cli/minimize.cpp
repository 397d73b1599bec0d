#include <cmath>
#include <sstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <thalweg/gradient_check.h>
#include <thalweg/minimize.h>
#include <thalweg/problems.h>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/step_options.h"
#include "cli/text.h"
#include "data/files.h"
#include "workbench/formula.h"

namespace thalweg::cli {
namespace {

using Json = nlohmann::ordered_json;  // what is not finite becomes null

Json to_json(const Result::Point& point) {
  return {
      {"step", point.step}, {"value", point.value}, {"gradient_norm", point.gradient_norm}, {"x", point.x}};
}

Json to_json(const GradientReport::Comparison& comparison) {
  return {{"analytic", comparison.analytic},
          {"numeric", comparison.numeric},
          {"relative_error", comparison.relative_error()},
          {"agrees", comparison.agrees()}};
}

template <class Report>
void print(const Report& report) {
  std::ostringstream text;
  text << report;
  fmt::print("{}", text.str());
}

std::string trace_table(const Result& result) {
  std::string text = "step,value,gradient_norm";
  for (std::size_t i = 1; i <= result.start.x.size(); ++i) text += fmt::format(",x{}", i);
  text += "\n";
  for (const Result::Point& point : result.trace) {
    text += fmt::format("{},{},{}", point.step, number_text(point.value), number_text(point.gradient_norm));
    for (const double x : point.x) text += "," + number_text(x);
    text += "\n";
  }
  return text;
}

class Minimize : public Command {
 public:
  About about() const override {
    return {"minimize",
            "minimize a test problem or a formula, and say why it stopped",
            "Exits with 1 if the run diverged, or missed the --target or --tolerance that was asked for.",
            {{"minimize rosenbrock", "With what is set by default:"},
             {"minimize rosenbrock --optimizer nadam:lr=0.02 --steps 20000 --tolerance 1e-6",
              "Until the gradient is small:"},
             {"minimize ravine --dimension 10 --optimizer momentum:lr=0.01 --target 1e-9",
              "In ten dimensions, to a value:"},
             {"minimize beale --start 3,-1 --schedule \"lr=cosine:steps=5000\" --trace path.csv",
              "From another start, with a schedule, and the whole path in a file:"},
             {"minimize --function \"(x - 1)^2 + 100*(y - x^2)^2\" --start -1,1", "A formula of one's own:"},
             {"minimize ackley --check-gradient", "Is the gradient right?"}}};
  }

  void declare(Arguments& arguments) override {
    arguments.text("PROBLEM", "PROBLEM", problem_, "what to minimize: one of `thalweg list problems`");
    arguments.text(
        "--function", "FORMULA", function_,
        "a formula instead, of x, y, z or x1 to x9; its gradient is by differences, to about 1e-9");
    step_.declare(arguments);
    arguments.count("--dimension,-n", dimension_, at_least(1), "of the problem; else its own");
    arguments.numbers("--start", start_, any_number(), "where to begin; else the problem's own start");
    arguments.count("--steps", options_.max_steps, at_least(0), "stop after so many; 0: no limit");
    arguments.number("--tolerance", tolerance_, at_least(0),
                     "stop where the gradient's norm is at most this (1e-08 if it is not given)");
    arguments.number("--target", options_.target, any_number(), "stop where the value is at most this");
    arguments.number("--change", options_.change_tolerance, at_least(0),
                     "stop when the value changes by less than this share of it");
    arguments.count("--evaluations", options_.max_evaluations, at_least(0),
                    "stop after so many of the function; 0: no limit");
    arguments.number("--seconds", options_.max_seconds, at_least(0), "stop after this time; 0: no limit");
    arguments.text("--trace", "FILE.csv", trace_, "write every point of the path");
    arguments.flag("--check-gradient", check_,
                   "compare the gradient at the start with differences instead of minimizing");
  }

  int run(const Session& session) override {
    const Problem problem = find_problem();
    if (problem.name == "formula" && check_)
      throw usage_error("--check-gradient", "given",
                        "is for problems: a formula's gradient is by differences itself");
    const std::vector<double> start = start_.empty() ? problem.start : start_;
    if (check_) return check_gradient_at(problem, start, session);

    options_.schedules = step_.made_schedules();
    options_.transforms = step_.made_transforms(session.options.seed);
    options_.plateau = step_.plateau();
    options_.execution = session.options.execution();
    options_.gradient_tolerance = tolerance_.value_or(options_.gradient_tolerance);
    options_.record = trace_.empty() ? 0 : 1;
    Result result = thalweg::minimize(problem, start, step_.rule(), options_);
    if (!function_.empty()) result.analytic = false;
    if (!trace_.empty()) data::write_file(trace_, trace_table(result));

    const bool reached = was_reached(result);
    if (session.options.json)
      fmt::print("{}\n", result_json(problem, result, reached).dump());
    else
      print_report(problem, result, session);
    return reached ? Exit::done : Exit::missed;
  }

 private:
  Problem find_problem() const {
    if (problem_.empty() == function_.empty())
      throw Error(Error::Kind::usage, "PROBLEM", problem_, "one of them",
                  problem_.empty() ? "PROBLEM is missing: what to minimize, or else --function FORMULA"
                                   : "PROBLEM and --function exclude each other: one function is minimized");
    if (!function_.empty()) return find_formula();
    if (start_.empty()) return make_problem(problem_, dimension_);
    // A start in another dimension than the problem's own asks for that dimension.
    const std::size_t wanted = dimension_ > 0 ? dimension_ : make_problem(problem_).dimension;
    if (start_.size() == wanted) return make_problem(problem_, wanted);
    for (const ProblemInfo& info : problems()) {
      if (dimension_ == 0 && info.name == problem_ && info.any_dimension)
        return make_problem(problem_, start_.size());
    }
    throw usage_error("--start", fmt::format("{}", fmt::join(start_, ",")),
                      fmt::format("must have {} numbers, the dimension of {}", wanted, problem_));
  }

  [[nodiscard]] Problem find_formula() const {
    if (dimension_ > 0 && !start_.empty() && start_.size() != dimension_)
      throw usage_error("--start", fmt::format("{}", fmt::join(start_, ",")),
                        fmt::format("must have {} numbers, as --dimension says", dimension_));
    return workbench::make_formula(function_, dimension_ > 0 ? dimension_ : start_.size());
  }

  /// Whether the run reached what was asked: the target, else the tolerance, else only not to diverge.
  bool was_reached(const Result& result) const {
    if (result.reason == StopReason::diverged) return false;
    if (options_.target) return result.reason == StopReason::target;
    if (tolerance_) return result.reason == StopReason::gradient;
    return true;
  }

  int check_gradient_at(const Problem& problem, const std::vector<double>& x, const Session& session) const {
    const GradientReport report = check_gradient(problem, x, {.seed = session.options.seed});
    if (session.options.json) {
      const Json json{{"problem", problem.name},
                      {"x", x},
                      {"passes", report.passes()},
                      {"tolerance", report.tolerance},
                      {"checked", report.checked},
                      {"failed", report.failed},
                      {"worst", {{"coordinate", report.worst}, {"comparison", to_json(report.at_worst)}}},
                      {"directional", to_json(report.directional)},
                      {"order", report.order}};
      fmt::print("{}\n", json.dump());
    } else {
      print(report);
    }
    return report.passes() ? Exit::done : Exit::missed;
  }

  void print_report(const Problem& problem, const Result& result, const Session& session) const {
    print(result);
    if (session.options.quiet) return;
    std::string note;
    if (problem.minimum) {
      note =
          fmt::format("The minimum of {} is {}; the best value is {} above it.", problem.name,
                      short_number(*problem.minimum), short_number(result.best.value - *problem.minimum, 3));
    }
    if (!trace_.empty()) note += fmt::format("\nThe path is in {}.", trace_);
    if (!note.empty()) fmt::print("\n{}", paragraph(note, session.terminal.width));
  }

  Json result_json(const Problem& problem, const Result& result, bool reached) const {
    Json json{
        {"problem", problem.name},
        {"dimension", problem.dimension},
        {"optimizer", result.rule},
        {"reached", reached},
        {"converged", result.converged()},
        {"reason", text(result.reason)},
        {"why", result.why},
        {"steps", result.steps},
        {"evaluations", {{"values", result.evaluations.values}, {"gradients", result.evaluations.gradients}}},
        {"start", to_json(result.start)},
        {"best", to_json(result.best)},
        {"last", to_json(result.last)},
        {"minimum", nullptr},
        {"seconds",
         {{"objective", result.seconds.objective},
          {"optimizer", result.seconds.optimizer},
          {"total", result.seconds.total}}},
        {"isa", result.isa}};
    if (problem.minimum) json["minimum"] = *problem.minimum;
    if (!function_.empty()) json["function"] = function_;
    if (!trace_.empty()) json["trace"] = trace_;
    return json;
  }

  std::string problem_, function_, trace_;
  std::uint64_t dimension_ = 0;
  std::vector<double> start_;
  std::optional<double> tolerance_;
  MinimizeOptions options_;
  StepOptions step_{"adam:lr=0.02", {}, {}};
  bool check_ = false;
};

}  // namespace

std::unique_ptr<Command> minimize_command() { return std::make_unique<Minimize>(); }

}  // namespace thalweg::cli
