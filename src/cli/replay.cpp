#include <algorithm>
#include <cmath>
#include <span>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <thalweg/error.h>
#include <thalweg/optimizer.h>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/step_options.h"
#include "data/npy.h"

namespace thalweg::cli {
namespace {

using data::NpyArray;

std::string shape_text(const NpyArray& array) {
  return fmt::format("({}{})", fmt::join(array.shape, ", "), array.shape.size() == 1 ? "," : "");
}

const char* type_text(const NpyArray& array) { return array.is_double() ? "float64" : "float32"; }

void check_fit(const std::string& start_path, const NpyArray& start, const std::string& gradients_path,
               const NpyArray& gradients) {
  if (start.shape.size() != 1)
    throw input_error(start_path, "the shape " + shape_text(start), "one dimension, n parameters");
  const std::size_t n = start.shape[0];
  if (gradients.shape.size() != 2 || gradients.shape[1] != n) {
    throw input_error(
        gradients_path, "the shape " + shape_text(gradients),
        fmt::format("(T, {}): a gradient in each row, as {} has {} parameters", n, start_path, n));
  }
  if (start.is_double() != gradients.is_double()) {
    throw input_error(gradients_path, type_text(gradients),
                      fmt::format("{}, the type of {}", type_text(start), start_path));
  }
}

/// The first parameter that is not finite after each step, if there is one.
struct Divergence {
  std::size_t step = 0, parameter = 0;
};

class Replay : public Command {
 public:
  About about() const override {
    return {
        "replay",
        "apply recorded gradients, to check a port against another framework",
        "Starts from the n parameters of --start, takes one step for each of the T rows of --gradients, and "
        "writes the parameters after each step, T × n, in the type of the inputs: float32 or float64 (files "
        "of integers count as float64).\n"
        "An optimizer that looks ahead (nesterov) takes the gradients as they were recorded at its "
        "look-ahead points.",
        {{"replay --optimizer adam:lr=0.05 --start theta0.npy --gradients g.npy --output theta.npy",
          "The trajectory of an optimizer:"},
         {"replay --optimizer nadam:like=torch --start theta0.npy --gradients g.npy --output theta.npy "
          "--transform clip_norm:max=1 --schedule \"lr=warmup:steps=10 | cosine:steps=30\"",
          "As another library has it, with clipping and a schedule:"}}};
  }

  void declare(Arguments& arguments) override {
    arguments.text("--start", "FILE.npy", start_, "the n parameters to start from");
    arguments.required();
    arguments.text("--gradients", "FILE.npy", gradients_, "T × n, the gradient of each step");
    arguments.required();
    arguments.text("--output", "FILE.npy", output_, "where to write the T × n parameters");
    arguments.required();
    step_.declare(arguments);
  }

  int run(const Session& session) override {
    Optimizer optimizer(step_.rule(), session.options.execution());
    for (const auto& [key, schedule] : step_.made_schedules()) optimizer.schedule(key, schedule);
    for (const AnyTransform& transform : step_.made_transforms(session.options.seed))
      optimizer.transform(transform);
    if (step_.plateau())
      throw usage_error("--schedule", "plateau", "follows a metric, which a replay does not have");

    const NpyArray start = data::read_npy(start_), gradients = data::read_npy(gradients_);
    check_fit(start_, start, gradients_, gradients);
    NpyArray output{gradients.shape, {}};
    const auto bad = start.is_double() ? replay<double>(optimizer, start, gradients, output)
                                       : replay<float>(optimizer, start, gradients, output);
    data::write_npy(output_, output);
    report(optimizer, start, bad, session);
    if (!bad) return Exit::done;
    fmt::print(stderr, "thalweg: diverged: after step {} parameter {} is not finite\n", bad->step,
               bad->parameter);
    return Exit::missed;
  }

 private:
  template <class T>
  static std::optional<Divergence> replay(Optimizer& optimizer, const NpyArray& start,
                                          const NpyArray& gradients, NpyArray& output) {
    std::vector<T> theta = std::get<std::vector<T>>(start.values), path;
    const std::span<const T> rows = std::get<std::vector<T>>(gradients.values);
    path.reserve(rows.size());
    optimizer.add("theta", theta);
    std::optional<Divergence> bad;
    for (std::size_t t = 0; t < gradients.shape[0]; ++t) {
      const std::span<const T> gradient = rows.subspan(t * theta.size(), theta.size());
      optimizer.step([&] { return Gradients{gradient}; });
      path.insert(path.end(), theta.begin(), theta.end());
      const auto broken =
          std::find_if(theta.begin(), theta.end(), [](T value) { return !std::isfinite(value); });
      if (!bad && broken != theta.end())
        bad = Divergence{t + 1, static_cast<std::size_t>(broken - theta.begin())};
    }
    output.values = std::move(path);
    return bad;
  }

  void report(const Optimizer& optimizer, const NpyArray& start, const std::optional<Divergence>& bad,
              const Session& session) const {
    const std::string rule = optimizer.rule().text();
    if (session.options.json) {
      nlohmann::ordered_json json{{"optimizer", rule},          {"steps", optimizer.steps()},
                                  {"parameters", start.size()}, {"dtype", type_text(start)},
                                  {"output", output_},          {"diverged_at", nullptr}};
      if (bad) json["diverged_at"] = bad->step;
      fmt::print("{}\n", json.dump());
    } else if (!session.options.quiet) {
      fmt::print("{}: {} steps of {} parameters in {}, written to {}\n", rule, optimizer.steps(),
                 start.size(), type_text(start), output_);
    }
  }

  std::string start_, gradients_, output_;
  StepOptions step_{"", {}, {}};
};

}  // namespace

std::unique_ptr<Command> replay_command() { return std::make_unique<Replay>(); }

}  // namespace thalweg::cli
