#include "diagnose_cases.h"

#include <cmath>
#include <limits>
#include <map>
#include <sstream>
#include <tuple>

#include <thalweg/problems.h>
#include <thalweg/registry.h>

#include "data/load.h"

namespace thalweg::workbench::diagnosis {
namespace {

std::vector<AnyTransform> transforms_of(const Case& c) {
  std::vector<AnyTransform> made;
  for (const std::string& text : c.transforms) made.push_back(make_transform(text));
  return made;
}

DescentOptions descent_of(const Case& c, std::uint64_t steps) {
  DescentOptions options;
  options.optimizer = make_rule(c.optimizer);
  options.transforms = transforms_of(c);
  options.steps = steps;
  if (!c.schedule.empty()) options.schedules.emplace_back("lr", make_schedule(c.schedule));
  return options;
}

/// Each data set is read once.
const data::Split& case_split(const std::string& name, bool standardize, std::uint64_t seed) {
  static std::map<std::tuple<std::string, bool, std::uint64_t>, data::Split> kept;
  const auto key = std::make_tuple(name, standardize, seed);
  const auto found = kept.find(key);
  if (found != kept.end()) return found->second;
  data::LoadOptions load;
  load.standardize = load.standardize_target = standardize;
  load.seed = seed;
  return kept.emplace(key, data::load_split(name, load)).first->second;
}

Outcome outcome(Evidence evidence) {
  const double loss = evidence.breakdown ? std::numeric_limits<double>::infinity() : evidence.loss;
  return {std::move(evidence), loss};
}

}  // namespace

std::string text(const Case& c) {
  std::string all = c.on + ", " + c.optimizer;
  const auto short_text = [](double x) {
    std::ostringstream out;
    out << x;
    return out.str();
  };
  for (const std::string& transform : c.transforms) all += ", " + transform;
  const bool trained = c.on.find(' ') != std::string::npos && c.weights < 0;
  all += ", " + std::to_string(c.length) + (trained ? " epochs" : " steps");
  if (c.cooldown > 0) all += ", cooldown " + short_text(c.cooldown);
  if (!c.schedule.empty()) all += ", " + c.schedule;
  if (!c.standardize) all += ", raw features";
  if (c.weights >= 0) all += ", weights of " + short_text(c.weights) + " at the start";
  if (c.batch == 0) all += ", full batch";
  if (c.batch != 0 && c.batch != 32) all += ", batch " + std::to_string(c.batch);
  for (std::size_t i = 0; i < c.start.size(); ++i)
    all += (i == 0 ? ", from (" : ", ") + short_text(c.start[i]) + (i + 1 == c.start.size() ? ")" : "");
  return all;
}

Setting setting_of(const Case& c) {
  Setting setting{make_rule(c.optimizer)};
  setting.transforms = transforms_of(c);
  setting.length = c.length;
  setting.scheduled = !c.schedule.empty();
  const std::size_t space = c.on.find(' ');
  if (space == std::string::npos || c.weights >= 0) return setting;
  setting.model = models::make_model(c.on.substr(space + 1));
  setting.rows = case_split(c.on.substr(0, space), c.standardize, c.seed).train.rows();
  setting.batch = c.batch;
  setting.cooldown = c.cooldown;
  setting.standardized = c.standardize;
  return setting;
}

Case advised(Case c, const Advice& advice) {
  if (advice.option == "--optimizer") {
    c.optimizer = advice.value;
  } else if (advice.option == "--transform") {
    const std::string name = parse_specification(advice.value).name;
    std::erase_if(c.transforms, [&](const std::string& t) { return parse_specification(t).name == name; });
    c.transforms.push_back(advice.value);
  } else if (advice.option == "--cooldown") {
    c.cooldown = std::stod(advice.value);
  } else if (advice.option == "--batch") {
    c.batch = std::stoul(advice.value);
  } else if (advice.option == "--epochs" || advice.option == "--steps") {
    c.length = std::stoul(advice.value);
  } else if (advice.option == "--no-standardize") {
    c.standardize = true;
  } else if (advice.option == "--model") {
    c.on = c.on.substr(0, c.on.find(' ') + 1) + advice.value;
  }
  return c;
}

Outcome run_case(const Case& c, double longer, const Effort& effort) {
  const auto length = static_cast<std::uint64_t>(std::llround(static_cast<double>(c.length) * longer));
  const std::size_t space = c.on.find(' ');
  if (space == std::string::npos) {
    const Problem problem = make_problem(c.on, c.start.size());
    ObjectiveSubject subject(problem, problem.dimension);
    return outcome(
        diagnose_descent(subject, c.start.empty() ? problem.start : c.start, descent_of(c, length), effort));
  }
  const data::Split& split = case_split(c.on.substr(0, space), c.standardize, c.seed);
  const models::ModelSpec model = models::make_model(c.on.substr(space + 1));
  if (c.weights >= 0) {
    TrainingSubject subject(split.train, model, 0, 0, 1, 4096);
    Vector start = flattened(models::Network<double>(model, split.train).initial(0));
    double largest = 0;
    for (const double x : start) largest = std::max(largest, std::abs(x));
    for (double& x : start) x *= c.weights / largest;
    return outcome(diagnose_descent(subject, start, descent_of(c, length), effort));
  }
  TrainOptions options;
  options.optimizer = make_rule(c.optimizer);
  options.transforms = transforms_of(c);
  if (!c.schedule.empty()) options.schedules.emplace_back("lr", make_schedule(c.schedule));
  options.epochs = length;
  options.batch = c.batch;
  options.cooldown = c.cooldown;
  options.seed = c.seed;
  options.threads = 1;
  Trainer trainer(split, model, options);
  TrainingWatch watch(trainer, split, model, options);
  while (trainer.steps() < trainer.planned_steps() && trainer.step()) watch.after_step();
  return outcome(watch.finish(effort));
}

double end_loss(const Case& c, double longer) {
  return run_case(c, longer, {.lanczos = 1, .descent = 1, .exact = 0, .samples = 1}).loss;
}

}  // namespace thalweg::workbench::diagnosis
