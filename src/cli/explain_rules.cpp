// What is told about optimizers and transforms.

#include <cmath>

#include <fmt/format.h>

#include <thalweg/registry.h>
#include <thalweg/rules.h>

#include "cli/explanation.h"

namespace thalweg::cli {
namespace {

constexpr double start_of_square = 6;  // of x², as in the text that the project comes from
constexpr int worked_steps = 3;

/// The name of the C++ type of a rule of the library.
std::string type_name(const detail::RuleInfo& info) {
#define THALWEG_NAME(type) \
  if (&info == &detail::rule_info<type>()) return #type;
  THALWEG_RULES(THALWEG_NAME)
#undef THALWEG_NAME
  return "";
}

std::vector<Explanation::Line> lines(const std::vector<Formula>& formula) {
  std::vector<Explanation::Line> all;
  for (const Formula& line : formula) all.push_back({line.text, line.latex});
  return all;
}

/// The slots of the form that the rule's settings choose.
std::vector<Slot> used_slots(const AnyRule& rule) {
  const detail::RuleInfo& info = rule.info();
  std::vector<Slot> used;
  for (const std::size_t slot : info.forms[static_cast<std::size_t>(info.form(rule.object()))].slots)
    used.push_back(info.slots[slot]);
  return used;
}

/// The first steps of minimizing x², each number as the engine computed it.
Explanation::Worked first_steps(const AnyRule& rule) {
  Explanation::Worked worked{"First three steps on f(x) = x², from x = 6", {}, {}};
  const std::vector<Slot> slots = used_slots(rule);
  Optimizer optimizer(rule, {.threads = 1});
  std::vector<double> x{start_of_square}, gradient{0};
  optimizer.add("x", x);

  Explanation::Worked::Row before{"x", {}}, ahead{"x ahead", {}}, slope{"g = 2x", {}}, after{"new x", {}};
  if (optimizer.looks_ahead()) slope.name = "g = 2·ahead";
  std::vector<Explanation::Worked::Row> states;
  for (const Slot& slot : slots) states.push_back({slot.name, {}});
  const std::vector<Slot>& carried = rule.info().carried;
  for (const Slot& number : carried) states.push_back({number.name, {}});
  for (int t = 1; t <= worked_steps; ++t) {
    worked.columns.push_back(fmt::format("t = {}", t));
    before.values.push_back(x[0]);
    optimizer.step([&] {
      ahead.values.push_back(x[0]);
      gradient[0] = 2 * x[0];
      return Gradients{gradient};
    });
    slope.values.push_back(gradient[0]);
    for (std::size_t i = 0; i < slots.size(); ++i)
      states[i].values.push_back(optimizer.slot<double>("x", slots[i].name)[0]);
    for (std::size_t i = 0; i < carried.size(); ++i)
      states[slots.size() + i].values.push_back(optimizer.carried(carried[i].name));
    after.values.push_back(x[0]);
  }
  worked.rows.push_back(before);
  if (optimizer.looks_ahead()) worked.rows.push_back(ahead);
  worked.rows.push_back(slope);
  worked.rows.insert(worked.rows.end(), states.begin(), states.end());
  worked.rows.push_back(after);
  return worked;
}

/// A transform at work on two parameters.
Explanation::Worked worked_transform(const AnyTransform& transform) {
  Explanation::Worked worked{
      "On the parameters (1, −2) with the gradient (3, −4), at step 1, with a learning rate of 0.1",
      {"first", "second"},
      {}};
  const detail::TransformInfo& info = transform.info();
  std::vector<double> theta{1, -2}, gradient{3, -4}, coefficients(info.coefficient_count);
  worked.rows = {{"θ", theta}, {"g", gradient}};
  info.coefficients(transform.object(), {.t = 1, .lr = 0.1, .norm = 5}, coefficients.data());
  info.float64[0]({theta.data(), gradient.data(), gradient.data(), coefficients.data(), theta.size(),
                   Element{0, 1, info.seed(transform.object())}});
  worked.rows.push_back({"new θ", theta});
  worked.rows.push_back({"new g", gradient});
  return worked;
}

}  // namespace

Explanation explain_optimizer(std::string_view specification) {
  const AnyRule rule = make_rule(specification);
  const detail::RuleInfo& info = rule.info();
  Explanation all;
  all.kind = "optimizer";
  all.name = rule.name();
  all.specification = rule.text();
  all.title = info.card.title;
  all.paper = info.card.paper;
  all.idea = info.card.idea;
  all.formula = lines(info.formula);
  all.symbols = "θ parameter, g its gradient, t the step from 1";
  all.keys = key_rows(rule);
  for (std::size_t i = 0; i < all.keys.size(); ++i) {
    const KeyInfo::Kind kind = info.keys[i].kind;
    const bool chooses = kind == KeyInfo::Kind::choice || kind == KeyInfo::Kind::flag;
    if (!chooses || all.keys[i].value == all.keys[i].standard) continue;
    all.other_form += (all.other_form.empty() ? "" : ", ") + all.keys[i].name + "=" + all.keys[i].value;
  }
  for (const Slot& slot : used_slots(rule)) all.slots.push_back({slot.name, slot.meaning});
  for (const Slot& number : info.carried) all.carried.push_back({number.name, number.meaning});
  for (const Preset& preset : info.presets)
    all.presets.push_back({preset.library, preset.settings, preset.lacks});
  all.worked = first_steps(rule);

  std::string short_text = all.specification, fields;
  for (const Explanation::Key& key : all.keys) {
    if (key.name != "lr" || info.rate_free) continue;
    if (short_text == all.name) short_text += ":lr=" + key.value;
    fields = ".lr = " + key.value;
  }
  all.examples = {{"minimize ravine --optimizer " + short_text, "Minimize a function with it:"}};
  all.code = fmt::format(
      "tw::Optimizer optimizer(tw::{}{{{}}});\n"
      "optimizer.add(\"weights\", weights);  // a view: the vector stays yours\n"
      "optimizer.step({{gradient}});         // as often as you like\n",
      type_name(info), fields);
  if (info.looks_ahead(rule.object())) {
    all.code = fmt::format(
        "tw::Optimizer optimizer(tw::{}{{{}}});\n"
        "optimizer.add(\"weights\", weights);  // a view: the vector stays yours\n"
        "optimizer.step([&] {{                 // weights are at the look-ahead point now\n"
        "  compute(weights, gradient);\n"
        "  return tw::Gradients{{gradient}};\n"
        "}});\n",
        type_name(info), fields);
  }
  return all;
}

Explanation explain_transform(std::string_view specification) {
  const AnyTransform transform = make_transform(specification);
  const detail::TransformInfo& info = transform.info();
  Explanation all;
  all.kind = "transform";
  all.name = transform.name();
  all.specification = transform.text();
  all.title = info.card.title;
  all.paper = info.card.paper;
  all.idea = info.card.idea;
  all.formula = lines(info.formula);
  all.symbols = "θ parameter, g its gradient, η the learning rate";
  if (all.name == "noise") all.symbols = "g gradient, t the step from 0, N(0, σ²) normal noise";
  all.keys = key_rows(transform);
  all.worked = worked_transform(transform);

  const Explanation::Key& first = all.keys.front();
  std::string text = all.specification;
  if (text == all.name) text += ":" + first.name + "=" + first.value;
  all.examples = {{"minimize rosenbrock --optimizer adam:lr=0.02 --transform " + text,
                   "Before the optimizer, in a minimization:"}};
  all.code = fmt::format("optimizer.transform(tw::{}({}));\n", all.name, first.value);
  return all;
}

}  // namespace thalweg::cli
