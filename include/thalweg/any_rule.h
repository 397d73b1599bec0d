#pragma once

#include <thalweg/detail/library_rules.h>
#include <thalweg/detail/rule_info.h>

namespace thalweg {

/// Any rule with its hyper-parameters, whatever its type: one of rules/, or the user's own.
class AnyRule : public detail::Erased<detail::RuleInfo> {
 public:
  using Erased::Erased;
  template <class Rule>
  requires requires {
    Rule::card;
    &Rule::at;
  }
  AnyRule(const Rule& rule)  // NOLINT(google-explicit-constructor): any rule is meant to convert
      : Erased(detail::rule_info<Rule>(), std::make_shared<Rule>(rule)) {}
};

}  // namespace thalweg
