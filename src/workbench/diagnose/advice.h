#pragma once

#include <optional>
#include <string>
#include <vector>

#include <thalweg/any_rule.h>
#include <thalweg/transform.h>

#include "models/spec.h"
#include "workbench/diagnose/states.h"

namespace thalweg::workbench::diagnosis {

/// How the run was set up, as far as advice may change it.
struct Setting {
  AnyRule optimizer;
  std::vector<AnyTransform> transforms = {};
  std::uint64_t length = 0;  ///< epochs of a training, steps of a descent
  // Of a training:
  std::optional<models::ModelSpec> model = {};
  std::size_t batch = 0;  ///< examples per step
  std::size_t rows = 0;   ///< of the training part
  double cooldown = 0;
  bool scheduled = false;    ///< lr has a schedule or a plateau of its own
  bool standardized = true;  ///< the features
};

/// One change: an option of `thalweg train` or `thalweg minimize` with its value, which replaces what was
/// given.
struct Advice {
  enum class Action {
    stop,    ///< nothing to change
    go_on,   ///< the same for longer: the option says how long
    change,  ///< try this instead, from the start
    look,    ///< unclear: this would settle it
  };
  Action action = Action::stop;
  std::string reason;  ///< why this one: "lower_rate", "momentum", ... as in the messages
  std::string option;  ///< "--optimizer", or "" with stop
  std::string value;   ///< "momentum:lr=0.001,momentum=0.95"; "" for an option to leave out
};

[[nodiscard]] const char* action_name(Advice::Action action);

/// All there is to say about a run.
struct Diagnosis {
  Evidence evidence;
  Verdict verdict;
  Advice advice;
};

/// The change that the evidence speaks for.
[[nodiscard]] Advice advise(const Verdict& verdict, const Evidence& e, const Setting& setting);

[[nodiscard]] Diagnosis diagnose(Evidence evidence, const Setting& setting);

}  // namespace thalweg::workbench::diagnosis
