// What is told about problems, models and data sets.

#include <cmath>

#include <fmt/format.h>

#include <thalweg/error.h>
#include <thalweg/problems.h>

#include "cli/explanation.h"
#include "cli/text.h"
#include "data/load.h"
#include "models/spec.h"

namespace thalweg::cli {
namespace {

std::string point(const std::vector<double>& x) {
  std::vector<std::string> numbers;
  for (const double number : x) numbers.push_back(short_number(number));
  return "(" + joined(numbers) + ")";
}

template <class List>
const auto& named(const List& list, std::string_view name, const char* thing) {
  std::vector<std::string> known;
  for (const auto& info : list) {
    if (info.name == name) return info;
    known.push_back(info.name);
  }
  throw unknown_name(thing, name, known);
}

}  // namespace

Explanation explain_problem(std::string_view name) {
  const ProblemInfo& info = named(problems(), name, "problem");
  const Problem problem = make_problem(name);
  Explanation all;
  all.kind = "problem";
  all.name = all.specification = problem.name;
  all.title = problem.title;
  all.paper = problem.source;
  all.idea = problem.note;
  all.formula = {{problem.formula, problem.latex}};

  std::vector<double> gradient(problem.dimension);
  const double value = problem(problem.start, gradient);
  std::string dimension = std::to_string(info.dimension);
  if (info.any_dimension) dimension += fmt::format(" (any from {})", info.smallest_dimension);
  all.facts = {{"dimension", dimension},
               {"start", point(problem.start)},
               {"value there", short_number(value)},
               {"gradient there", point(gradient)}};
  if (problem.minimum) {
    all.facts.push_back({"minimum", short_number(*problem.minimum)});
    std::vector<std::string> optima;
    for (const auto& optimum : problem.optima) optima.push_back(point(optimum));
    all.facts.push_back({"reached at", joined(optima)});
  } else {
    all.facts.push_back({"minimum", "none: unbounded below"});
  }
  all.examples = {{"minimize " + all.name + " --optimizer adam:lr=0.05", "Minimize it:"}};
  all.code = fmt::format(
      "tw::Problem f = tw::make_problem(\"{}\");\n"
      "tw::Result result = tw::minimize(f, f.start, tw::Adam{{.lr = 0.05}});\n"
      "std::cout << result;\n",
      all.name);
  return all;
}

Explanation explain_model(std::string_view specification) {
  // An mlp has no default size on the command line; what is told holds for any.
  const models::ModelSpec spec =
      specification == "mlp" ? models::ModelSpec{} : models::make_model(specification);
  const models::ModelInfo& info = models::info(spec.kind);
  Explanation all;
  all.kind = "model";
  all.name = info.name;
  all.specification = spec.text();
  all.title = info.usage;
  all.idea = info.about;
  const models::ModelSpec standard;
  for (const KeyInfo& key : info.keys) {
    all.keys.push_back({key.name, key.symbol, value_text(key.get(&standard)), value_text(key.get(&spec)),
                        key.accepted(), key.meaning});
  }
  const bool regression = spec.kind == models::ModelSpec::Kind::linear;
  const bool two = spec.kind == models::ModelSpec::Kind::logistic;
  all.examples = {{fmt::format("train --data {} --model {}",
                               regression ? "diabetes"
                               : two      ? "breast_cancer"
                                          : "digits",
                               all.specification),
                   "Train it:"}};
  return all;
}

Explanation explain_data(std::string_view name) {
  const data::BundledInfo& info = named(data::bundled(), name, "data set");
  Explanation all;
  all.kind = "data";
  all.name = all.specification = all.title = info.name;
  all.idea = info.about;
  all.facts = {{"task", info.task == data::Task::regression ? "regression" : "classification"},
               {"examples", std::to_string(info.rows)},
               {"features", std::to_string(info.columns)}};
  if (info.classes > 0) all.facts.push_back({"classes", std::to_string(info.classes)});
  all.facts.push_back({"origin and licence", "data/" + info.name + "/README.md"});
  all.examples = {{"train --data " + info.name, "Train a model on it:"},
                  {"compare --data " + info.name, "Compare the optimizers on it:"}};
  return all;
}

}  // namespace thalweg::cli
