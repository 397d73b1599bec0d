#pragma once

// Which optimizer of PyTorch is which rule: the one table that both directions go by.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <thalweg/any_rule.h>

namespace thalweg::torch {

/// A hyper-parameter: its name in a param group, the rule's, and where a list has it, its place there.
struct Key {
  const char* torch;
  const char* own;
  int place = -1;
};

/// A number per parameter: its name in the state of a parameter, and the rule's slot.
struct SlotName {
  const char* torch;
  const char* own;
};

/// An entry of a param group that decides which rule it is. Of a flag: 0 or 1.
struct Fixed {
  const char* torch;
  double value;
};

/// A class of torch.optim, in a form in which it is a rule of the library.
struct Kind {
  const char* optimizer;  ///< the class
  const char* rule;       ///< the specification of what PyTorch's form fixes
  std::vector<Key> keys;
  const char* pull_key;        ///< the rule's key that weight_decay is, or ""
  const char* pull_transform;  ///< or the transform, whose lambda it is
  std::vector<SlotName> slots;
  std::vector<Fixed> fixed{};
  bool counts = true;        ///< its state has the steps of each parameter
  bool whole_state = false;  ///< there is state before the first step
};

[[nodiscard]] const std::vector<Kind>& kinds();

/// Which of the kind's slots a rule has: RMSprop's depend on its hyper-parameters.
[[nodiscard]] std::vector<SlotName> slots_of(const Kind& kind, const AnyRule& rule);

/// Whether it is SGD with momentum, which has none of its state without.
[[nodiscard]] bool needs_velocity(const Kind& kind);

/// NAdam's mu_product, the product of the momenta of `steps` steps; PyTorch has it in float32.
[[nodiscard]] double mu_product(const AnyRule& nadam, double steps);

/// The path of the numbers of STEM.json. Throws a usage Error for another name.
[[nodiscard]] std::string tensors_beside(const std::string& path);

/// Throws an input Error if writing `target` would replace `source`.
void check_apart(const std::string& target, const std::string& source);

inline std::string parameter_name(const std::string& tensor) { return "parameter." + tensor; }
inline std::string state_name(const std::string& tensor, const std::string& slot) {
  return "state." + tensor + "." + slot;
}

}  // namespace thalweg::torch
