// The explanation as a page of the documentation.

#include <fmt/format.h>

#include "cli/explanation.h"
#include "cli/text.h"

namespace thalweg::cli {
namespace {

/// Text in a cell of a table, in which '|' would end the cell.
std::string cell(const std::string& text) {
  std::string all;
  for (const char c : text) {
    if (c == '|') all += '\\';
    all += c;
  }
  return all;
}

std::string code(const std::string& text) { return text.empty() ? "" : "`" + text + "`"; }

std::string row(const std::vector<std::string>& cells) {
  std::string line = "|";
  for (const std::string& text : cells) line += " " + cell(text) + " |";
  return line + "\n";
}

std::string head(const std::vector<std::string>& titles, const std::string& rule = "---") {
  return row(titles) + row(std::vector<std::string>(titles.size(), rule));
}

/// A fenced block: unlike between "$$", backslashes in it reach the renderer of formulas as they are.
std::string fenced(const std::string& language, const std::string& text) {
  return "```" + language + "\n" + text + "```\n";
}

std::string formula(const Explanation& all) {
  std::string text, latex;
  for (const Explanation::Line& line : all.formula) {
    text += line.text + "\n";
    latex += (latex.empty() ? "" : " \\\\\n") + line.latex;
  }
  if (all.formula.size() > 1) latex = "\\begin{gathered}\n" + latex + "\n\\end{gathered}";
  return fenced("math", latex + "\n") + "\n" + fenced("text", text);
}

std::string worked_table(const Explanation::Worked& worked) {
  std::vector<std::string> titles{""};
  titles.insert(titles.end(), worked.columns.begin(), worked.columns.end());
  std::string text = head(titles, "---:");
  for (const auto& quantity : worked.rows) {
    std::vector<std::string> cells{quantity.name};
    for (const double value : quantity.values) cells.push_back(short_number(value));
    text += row(cells);
  }
  return text;
}

}  // namespace

std::string explanation_markdown(const Explanation& all, std::size_t level) {
  const auto heading = [&](const std::string& title) {
    return "\n" + std::string(level + 1, '#') + " " + title + "\n\n";
  };
  std::string text = fmt::format("{} {}: `{}`\n\n", std::string(level, '#'), all.title, all.specification);
  if (!all.paper.empty()) text += all.paper + "\n\n";
  if (!all.idea.empty()) text += "> " + all.idea + "\n";
  if (!all.formula.empty()) {
    text += heading("Formula") + formula(all);
    if (!all.symbols.empty()) text += "\nwith " + all.symbols + "\n";
  }
  if (!all.keys.empty()) {
    text += heading("Keys") + head({"key", "symbol", "default", "accepted", "meaning"});
    for (const Explanation::Key& key : all.keys)
      text += row({code(key.name), key.symbol, code(key.standard), key.accepted, key.meaning});
  }
  if (!all.slots.empty()) {
    text += heading("State") + "One number per parameter each.\n\n" + head({"slot", "meaning"});
    for (const Explanation::Slot& slot : all.slots) text += row({code(slot.name), slot.meaning});
  }
  if (!all.carried.empty()) {
    text += heading("Carried from step to step") + "One number for all parameters each.\n\n" +
            head({"number", "meaning"});
    for (const Explanation::Slot& number : all.carried) text += row({code(number.name), number.meaning});
  }
  if (!all.presets.empty()) {
    text += heading("As other libraries have it") + head({"preset", "settings", "keys that it lacks"});
    text += row({code("like=paper"), "the defaults", ""});
    for (const Explanation::Preset& preset : all.presets) {
      text += row({code("like=" + preset.library),
                   preset.settings.empty() ? "the defaults" : code(preset.settings), code(preset.lacks)});
    }
  }
  if (all.worked) text += heading(all.worked->title) + worked_table(*all.worked);
  text += heading("Use it");
  std::string commands;
  for (const Command::Example& example : all.examples) commands += "thalweg " + example.arguments + "\n";
  const std::string includes = "#include <thalweg/thalweg.h>\nnamespace tw = thalweg;\n\n";
  text += fenced("sh", commands) + "\n" + fenced("cpp", (level == 1 ? includes : "") + all.code);
  return text;
}

}  // namespace thalweg::cli
