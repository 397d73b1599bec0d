#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/explanation.h"
#include "cli/language.h"

namespace thalweg::cli {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const Explanation& all, messages::Language language) {
  Json json{{"kind", all.kind},   {"name", all.name},   {"specification", all.specification},
            {"title", all.title}, {"paper", all.paper}, {"idea", all.idea}};
  json["formula"] = Json::array();
  for (const auto& line : all.formula)
    json["formula"].push_back({{"text", line.text}, {"latex", line.latex}});
  json["formula_note"] = all.other_form.empty() ? "" : told(language, other_form_note, {all.other_form});
  json["keys"] = Json::array();
  for (const auto& key : all.keys) {
    json["keys"].push_back({{"name", key.name},
                            {"symbol", key.symbol},
                            {"default", key.standard},
                            {"value", key.value},
                            {"accepted", key.accepted},
                            {"meaning", key.meaning}});
  }
  json["slots"] = Json::array();
  for (const auto& slot : all.slots)
    json["slots"].push_back({{"name", slot.name}, {"meaning", slot.meaning}});
  json["carried"] = Json::array();
  for (const auto& number : all.carried)
    json["carried"].push_back({{"name", number.name}, {"meaning", number.meaning}});
  json["presets"] = Json::array();
  for (const auto& preset : all.presets) {
    json["presets"].push_back(
        {{"like", preset.library}, {"settings", preset.settings}, {"lacks", preset.lacks}});
  }
  json["facts"] = Json::object();
  for (const auto& fact : all.facts) json["facts"][fact.name] = fact.text;
  if (all.worked) {
    Json rows = Json::object();
    for (const auto& row : all.worked->rows) rows[row.name] = row.values;
    json["worked"] = {{"title", all.worked->title}, {"columns", all.worked->columns}, {"rows", rows}};
  }
  if (all.curve) json["curve"] = {{"steps", all.curve->steps}, {"values", all.curve->values}};
  json["examples"] = Json::array();
  for (const auto& example : all.examples) json["examples"].push_back("thalweg " + example.arguments);
  json["code"] = all.code;
  json["other_kinds"] = all.other_kinds;
  return json;
}

class Explain : public Command {
 public:
  About about() const override {
    return {"explain",
            "the formula, the paper, every key, and the first steps worked out in numbers",
            "",
            {{"explain adam", "How an optimizer works:"},
             {"explain adam:lr=0.1,like=keras", "With these settings, and their numbers:"},
             {"explain \"warmup:steps=500 | cosine:steps=9500\"", "A schedule, with its curve:"},
             {"explain rosenbrock", "A problem, with its start and its minimum:"},
             {"explain nadam --latex", "The formula to paste into a paper:"},
             {"explain aggmo --lang zh-Hant", "In Chinese:"}}};
  }

  void declare(Arguments& arguments) override {
    arguments.text("NAME", "NAME", specification_,
                   "an optimizer, schedule, transform, problem, model or data set; keys may follow");
    arguments.required();
    arguments.choice("--kind", explanation_kinds(), kind_, "which one, where several have the name");
    arguments.flag("--latex", latex_, "the formula in LaTeX");
    language_.declare(arguments);
  }

  int run(const Session& session) override {
    const messages::Language language = language_.language();
    Explanation all = explain(specification_, kind_);
    translate(all, language);
    if (session.options.json)
      fmt::print("{}\n", to_json(all, language).dump());
    else
      fmt::print("{}", explanation_text(all, session.terminal, latex_, language));
    return Exit::done;
  }

 private:
  std::string specification_, kind_;
  bool latex_ = false;
  LanguageOption language_;
};

}  // namespace

std::unique_ptr<Command> explain_command() { return std::make_unique<Explain>(); }

}  // namespace thalweg::cli
