#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <thalweg/detail/erased.h>
#include <thalweg/rule.h>

#include "cli/command.h"
#include "cli/terminal.h"
#include "messages/messages.h"

namespace thalweg::cli {

/// Everything that is told about one optimizer, schedule, transform, problem, model or data set, before it is
/// laid out for the terminal, as Markdown or as JSON. What does not apply is empty.
struct Explanation {
  struct Line {
    std::string text, latex;
  };
  struct Key {
    std::string name, symbol, standard, value, accepted, meaning;
  };
  struct Preset {
    std::string library, settings, lacks;
  };
  struct Slot {
    std::string name, meaning;
  };
  struct Fact {
    std::string name, text;
  };
  /// Numbers worked out step by step: a column per step, a row per quantity.
  struct Worked {
    struct Row {
      std::string name;
      std::vector<double> values;
    };
    std::string title;
    std::vector<std::string> columns;
    std::vector<Row> rows;
  };
  /// A schedule's numbers over the steps from 1.
  struct Curve {
    std::string title;
    std::uint64_t steps = 0;
    std::vector<double> values;  ///< evenly spread
  };

  std::string kind;           ///< one of explanation_kinds()
  std::string name;           ///< as the command line writes it, without keys
  std::string specification;  ///< with the keys that are not at their default
  std::string title, paper, idea;
  std::vector<Line> formula;
  std::string symbols;     ///< what the formula's symbols mean that are no keys
  std::string other_form;  ///< the settings that choose another form than the formula's, if there are
  std::vector<Fact> facts;
  std::vector<Key> keys;
  std::vector<Slot> slots;
  std::vector<Slot> carried;  ///< from step to step, one number for all parameters
  std::vector<Preset> presets;
  std::optional<Worked> worked;
  std::optional<Curve> curve;
  std::vector<Command::Example> examples;
  std::string code;                      ///< the same in C++
  std::vector<std::string> other_kinds;  ///< that have this name too
};

/// "optimizer", "schedule", "transform", "problem", "model", "data".
[[nodiscard]] const std::vector<std::string>& explanation_kinds();

/// Explains a name or a specification ("adam:lr=0.1,like=keras", "warmup | cosine"), with the numbers for it.
/// An empty `kind` takes the first kind that has the name. Throws a usage Error for unknown names, with the
/// nearest, and for settings that are out of range.
[[nodiscard]] Explanation explain(std::string_view specification, std::string_view kind = "");

/// An English text of an Explanation in another language, also with a value in it ("at least 1"); what has no
/// translation (a name, a number) stays as it is.
[[nodiscard]] std::string told(messages::Language language, std::string_view english);
/// The same with values for its {} in their order.
[[nodiscard]] std::string told(messages::Language language, std::string_view english,
                               const std::vector<std::string>& values);
/// Said of Explanation::other_form.
inline constexpr const char* other_form_note =
    "The formula is that of the default form; the numbers below are of {}.";
/// Puts all that is told into another language; names, settings, formulas and sources stay.
void translate(Explanation& all, messages::Language language);

/// For the terminal; with the formula in LaTeX if that is asked for. The explanation is in this language.
[[nodiscard]] std::string explanation_text(const Explanation& all, const Terminal& terminal, bool latex,
                                           messages::Language language);
/// For the documentation, in English: a page, whose title is a heading of this level.
[[nodiscard]] std::string explanation_markdown(const Explanation& all, std::size_t level = 1);

// The parts of explain(), one per kind.
[[nodiscard]] Explanation explain_optimizer(std::string_view specification);
[[nodiscard]] Explanation explain_schedule(std::string_view specification);
[[nodiscard]] Explanation explain_transform(std::string_view specification);
[[nodiscard]] Explanation explain_problem(std::string_view name);
[[nodiscard]] Explanation explain_model(std::string_view specification);
[[nodiscard]] Explanation explain_data(std::string_view name);

/// The rows of an object's keys, with the values that they have in `object`.
template <class Info>
std::vector<Explanation::Key> key_rows(const detail::Erased<Info>& object) {
  const detail::Erased<Info> standard(object.info());
  std::vector<Explanation::Key> rows;
  for (const KeyInfo& key : object.info().keys) {
    rows.push_back({key.name, key.symbol, value_text(key.get(standard.object())),
                    value_text(key.get(object.object())), key.accepted(), key.meaning});
  }
  return rows;
}

}  // namespace thalweg::cli
