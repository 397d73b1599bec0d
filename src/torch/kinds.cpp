#include "torch/kinds.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include <thalweg/error.h>
#include <thalweg/rules/nadam.h>

namespace thalweg::torch {

const std::vector<Kind>& kinds() {
  static const Key lr{"lr", "lr"}, momentum{"momentum", "momentum"}, eps{"eps", "eps"};
  static const Key beta1{"betas", "beta1", 0}, beta2{"betas", "beta2", 1};
  static const SlotName velocity{"momentum_buffer", "v"}, m{"exp_avg", "m"}, v{"exp_avg_sq", "v"};
  static const std::vector<Kind> all{
      {.optimizer = "SGD",
       .rule = "sgd",
       .keys = {lr},
       .pull_key = "l2",
       .pull_transform = "",
       .slots = {},
       .fixed = {{"momentum", 0}, {"dampening", 0}, {"nesterov", 0}},
       .counts = false},
      {.optimizer = "SGD",
       .rule = "momentum:form=torch",
       .keys = {lr, momentum, {"dampening", "dampening"}},
       .pull_key = "l2",
       .pull_transform = "",
       .slots = {velocity},
       .fixed = {{"nesterov", 0}},
       .counts = false},
      {.optimizer = "SGD",
       .rule = "nesterov:form=torch",
       .keys = {lr, momentum},
       .pull_key = "",
       .pull_transform = "l2",
       .slots = {velocity},
       .fixed = {{"dampening", 0}, {"nesterov", 1}},
       .counts = false},
      {.optimizer = "Adagrad",
       .rule = "adagrad:eps_placement=outside",
       .keys = {lr, {"lr_decay", "lr_decay"}, {"initial_accumulator_value", "initial_accumulator"}, eps},
       .pull_key = "l2",
       .pull_transform = "",
       .slots = {{"sum", "s"}},
       .whole_state = true},
      {.optimizer = "Adadelta",
       .rule = "adadelta",
       .keys = {lr, {"rho", "rho"}, eps},
       .pull_key = "",
       .pull_transform = "l2",
       .slots = {{"square_avg", "v"}, {"acc_delta", "a"}}},
      {.optimizer = "RMSprop",
       .rule = "rmsprop:eps_placement=outside",
       .keys = {lr, {"alpha", "rho"}, eps, momentum, {"centered", "centered"}},
       .pull_key = "",
       .pull_transform = "l2",
       .slots = {{"square_avg", "v"}, {"grad_avg", "mean"}, {"momentum_buffer", "u"}}},
      {.optimizer = "Adam",
       .rule = "adam",
       .keys = {lr, beta1, beta2, eps},
       .pull_key = "l2",
       .pull_transform = "",
       .slots = {m, v},
       .fixed = {{"amsgrad", 0}}},
      {.optimizer = "Adam",
       .rule = "amsgrad:bias_correction=true",
       .keys = {lr, beta1, beta2, eps},
       .pull_key = "",
       .pull_transform = "l2",
       .slots = {m, v, {"max_exp_avg_sq", "v_hat"}},
       .fixed = {{"amsgrad", 1}}},
      {.optimizer = "AdamW",
       .rule = "adamw",
       .keys = {lr, beta1, beta2, eps},
       .pull_key = "weight_decay",
       .pull_transform = "",
       .slots = {m, v},
       .fixed = {{"amsgrad", 0}}},
      {.optimizer = "AdamW",
       .rule = "amsgrad:bias_correction=true",
       .keys = {lr, beta1, beta2, eps},
       .pull_key = "",
       .pull_transform = "decay",
       .slots = {m, v, {"max_exp_avg_sq", "v_hat"}},
       .fixed = {{"amsgrad", 1}}},
      {.optimizer = "Adamax",
       .rule = "adamax:eps_placement=inside_max",
       .keys = {lr, beta1, beta2, eps},
       .pull_key = "",
       .pull_transform = "l2",
       .slots = {m, {"exp_inf", "u"}}},
      {.optimizer = "NAdam",
       .rule = "nadam",
       .keys = {lr, beta1, beta2, eps, {"momentum_decay", "momentum_decay"}},
       .pull_key = "",
       .pull_transform = "l2",
       .slots = {m, v}}};
  return all;
}

std::vector<SlotName> slots_of(const Kind& kind, const AnyRule& rule) {
  const detail::RuleInfo& info = rule.info();
  std::vector<SlotName> found;
  for (const std::size_t slot : info.forms[static_cast<std::size_t>(info.form(rule.object()))].slots) {
    const std::string_view own = info.slots[slot].name;
    found.push_back(*std::find_if(kind.slots.begin(), kind.slots.end(),
                                  [&](const SlotName& name) { return name.own == own; }));
  }
  return found;
}

bool needs_velocity(const Kind& kind) {
  return std::string_view(kind.optimizer) == "SGD" && !kind.slots.empty();
}

double mu_product(const AnyRule& nadam, double steps) {
  const double psi = std::get<double>(nadam.get("momentum_decay"));
  return power(std::get<double>(nadam.get("beta1")), steps) * dozat_schedule(psi, steps).product;
}

std::string tensors_beside(const std::string& path) {
  const std::filesystem::path json(path);
  if (json.extension() != ".json")
    throw usage_error("path", path, "must end in .json: the numbers lie beside it, in a .safetensors file");
  return std::filesystem::path(json).replace_extension(".safetensors").string();
}

void check_apart(const std::string& target, const std::string& source) {
  std::error_code missing;
  if (std::filesystem::equivalent(target, source, missing))
    throw input_error(target, "the file that is read", "another path: it would be replaced");
}

}  // namespace thalweg::torch
