// The explanation in the terminal.

#include <algorithm>

#include "cli/chart.h"
#include "cli/explanation.h"
#include "cli/table.h"
#include "cli/text.h"

namespace thalweg::cli {
namespace {

constexpr std::size_t widest_prose = 100;  // longer lines of prose are hard to read

using messages::Language;

std::string key_table(const Explanation& all, const Terminal& terminal, Language language) {
  const bool changed = std::any_of(all.keys.begin(), all.keys.end(),
                                   [](const auto& key) { return key.value != key.standard; });
  const bool symbols =
      std::any_of(all.keys.begin(), all.keys.end(), [](const auto& key) { return !key.symbol.empty(); });
  std::vector<Table::Column> columns{{.title = told(language, "key"), .style = Table::Style::accent}};
  if (symbols) columns.push_back({});
  if (changed) columns.push_back({.title = told(language, "here")});
  columns.push_back({.title = told(language, "default")});
  columns.push_back({.title = told(language, "accepted")});
  columns.push_back({.title = told(language, "meaning")});
  Table table(columns);
  for (const Explanation::Key& key : all.keys) {
    std::vector<std::string> cells{key.name};
    if (symbols) cells.push_back(key.symbol);
    if (changed) cells.push_back(key.value);
    const std::string choice = told(language, "one of {}", {""});  // a column head says as much
    const bool chooses = key.accepted.rfind(choice, 0) == 0;
    cells.insert(cells.end(),
                 {key.standard, chooses ? key.accepted.substr(choice.size()) : key.accepted, key.meaning});
    table.add(std::move(cells));
  }
  return table.text(terminal);
}

std::string worked_table(const Explanation::Worked& worked, const Terminal& terminal) {
  std::vector<Table::Column> columns{{.style = Table::Style::accent}};
  for (const std::string& title : worked.columns) columns.push_back({.title = title, .right = true});
  Table table(columns);
  for (const auto& row : worked.rows) {
    std::vector<std::string> cells{row.name};
    for (const double value : row.values) cells.push_back(short_number(value));
    table.add(std::move(cells));
  }
  return table.text(terminal);
}

std::string preset_table(const Explanation& all, const Terminal& terminal, Language language) {
  const std::string defaults = told(language, "the defaults above");
  Table table({{.style = Table::Style::accent}, {}});
  table.add({"like=paper", defaults});
  for (const Explanation::Preset& preset : all.presets) {
    std::string settings = preset.settings.empty() ? defaults : preset.settings;
    if (!preset.lacks.empty()) settings += told(language, "; has no {}", {preset.lacks});
    table.add({"like=" + preset.library, settings});
  }
  return table.text(terminal);
}

}  // namespace

std::string explanation_text(const Explanation& all, const Terminal& given, bool latex, Language language) {
  Terminal terminal = given;
  terminal.width = std::min(terminal.width, widest_prose);
  const auto heading = [&](const std::string& title) {
    std::string lines;
    for (const std::string& line : wrapped(told(language, title), terminal.width))
      lines += terminal.bold(line) + "\n";
    return "\n" + lines;
  };
  const auto kind_text = [&](const std::string& kind) {
    return told(language, kind == "data" ? "data set" : kind);
  };
  std::string text;
  for (const std::string& line : wrapped(all.title + " (" + kind_text(all.kind) + ")", terminal.width))
    text += terminal.bold(line) + "\n";
  if (!all.paper.empty()) text += paragraph(all.paper, terminal.width);
  if (all.specification != all.name)
    text += paragraph(told(language, "here: {}", {all.specification}), terminal.width);
  if (!all.idea.empty()) text += "\n" + paragraph(all.idea, terminal.width, 2);

  if (!all.formula.empty()) {
    text += heading(latex ? "Formula in LaTeX" : "Formula");
    for (const Explanation::Line& line : all.formula)
      text += paragraph(latex ? line.latex : line.text, terminal.width, 4);
    if (!all.symbols.empty() && !latex) {
      for (const std::string& line : wrapped(all.symbols, terminal.width - 2))
        text += "  " + terminal.faint(line) + "\n";
    }
    if (!all.other_form.empty())
      text += paragraph(told(language, other_form_note, {all.other_form}), terminal.width, 2);
  }
  if (!all.facts.empty()) {
    Table table({{.style = Table::Style::accent}, {}});
    for (const Explanation::Fact& fact : all.facts) table.add({fact.name, fact.text});
    text += "\n" + table.text(terminal);
  }
  if (!all.keys.empty()) text += heading("Keys") + key_table(all, terminal, language);
  const auto add_slots = [&](const char* title, const std::vector<Explanation::Slot>& slots) {
    if (slots.empty()) return;
    Table table({{.style = Table::Style::accent}, {}});
    for (const Explanation::Slot& slot : slots) table.add({slot.name, slot.meaning});
    text += heading(title) + table.text(terminal);
  };
  add_slots("State, one number per parameter each", all.slots);
  add_slots("Carried from step to step, one number for all parameters each", all.carried);
  if (!all.presets.empty())
    text += heading("As other libraries have it") + preset_table(all, terminal, language);
  if (all.curve) {
    text += heading(all.curve->title) +
            paragraph(block_chart(all.curve->values, std::min<std::size_t>(terminal.width, 72) - 2, 5, "1",
                                  std::to_string(all.curve->steps)),
                      terminal.width, 2);
    while (text.size() > 1 && text[text.size() - 2] == '\n') text.pop_back();
  }
  if (all.worked) text += heading(all.worked->title) + worked_table(*all.worked, terminal);
  if (!all.examples.empty()) {
    text += heading("Use it");
    for (const Command::Example& example : all.examples)
      text += command_lines(example.arguments, terminal.width, 2);
  }
  for (const std::string& kind : all.other_kinds) {
    text += "\n" + paragraph(told(language, "There is a {} of this name too: thalweg explain {} --kind {}",
                                  {kind_text(kind), all.name, kind}),
                             terminal.width);
  }
  return text;
}

}  // namespace thalweg::cli
