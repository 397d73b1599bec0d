#include "cli/precision_options.h"

#include <algorithm>
#include <array>

#include <thalweg/error.h>

#include "cli/arguments.h"
#include "cli/text.h"

namespace thalweg::cli {
namespace {

constexpr std::array parameter_types{Precision::float32, Precision::bfloat16, Precision::float16};
constexpr std::array state_types{StateType::float32, StateType::float64, StateType::bfloat16,
                                 StateType::int8};

}  // namespace

void PrecisionOptions::declare(Arguments& a) {
  a.group("How numbers are stored (docs/precision.md)");
  a.choice("--parameters", {"float32", "bfloat16", "float16"}, parameters,
           "what the optimizer steps; in 16 bits the gradient is too");
  a.choice("--state", {"float32", "float64", "bfloat16", "int8"}, state,
           "what the optimizer remembers per parameter");
  a.flag("--master", master, "step a float32 copy of parameters of 16 bits, and round it into them");
  a.choice("--rounding", {"nearest", "stochastic"}, rounding,
           "to 16 or 8 bits: stochastic is right in the mean (by --seed)");
  a.number("--loss-scale", loss_scale, above(0),
           "multiply gradients with this before they are rounded to 16 bits, and divide it out in the step");
}

workbench::TrainPrecision PrecisionOptions::precision() const {
  workbench::TrainPrecision made;
  made.parameters = *std::find_if(parameter_types.begin(), parameter_types.end(),
                                  [&](Precision type) { return parameters == precision_name(type); });
  made.state = *std::find_if(state_types.begin(), state_types.end(),
                             [&](StateType type) { return state == workbench::state_name(type); });
  made.master = master;
  made.rounding = rounding == "stochastic" ? Rounding::stochastic : Rounding::nearest;
  made.loss_scale = loss_scale;
  workbench::check(made);
  return made;
}

std::vector<std::pair<std::string, std::string>> PrecisionOptions::words() const {
  const PrecisionOptions standard;
  std::vector<std::pair<std::string, std::string>> all;
  if (parameters != standard.parameters) all.emplace_back("--parameters", parameters);
  if (state != standard.state) all.emplace_back("--state", state);
  if (master) all.emplace_back("--master", "");
  if (rounding != standard.rounding) all.emplace_back("--rounding", rounding);
  if (loss_scale != standard.loss_scale) all.emplace_back("--loss-scale", number_text(loss_scale));
  return all;
}

std::string precision_text(const workbench::TrainPrecision& p) {
  std::string text;
  const auto add = [&](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
  if (p.parameters != Precision::float32) {
    add(std::string("parameters and gradients in ") + precision_name(p.parameters));
    if (p.master) text += " with a copy in float32";
  }
  if (p.state != StateType::float32) add(std::string("state in ") + workbench::state_name(p.state));
  if (p.rounding == Rounding::stochastic) add("rounded stochastically");
  if (p.loss_scale != 1) add("loss scale " + number_text(p.loss_scale));
  return text;
}

}  // namespace thalweg::cli
