#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <thalweg/error.h>
#include <thalweg/problems.h>
#include <thalweg/registry.h>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/table.h"
#include "cli/text.h"
#include "data/load.h"
#include "models/spec.h"

namespace thalweg::cli {
namespace {

using Json = nlohmann::ordered_json;

/// A group of the list: what it shows in the terminal, and the same for machines.
struct Group {
  Table table;
  Json json;
};

/// "Kingma & Ba 2015, Algorithm 1 (...)" up to its year.
std::string short_citation(const std::string& paper) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  for (std::size_t i = 0; i + 4 <= paper.size(); ++i) {
    if (std::all_of(paper.begin() + static_cast<std::ptrdiff_t>(i),
                    paper.begin() + static_cast<std::ptrdiff_t>(i) + 4, is_digit))
      return paper.substr(0, i + 4);
  }
  return paper;
}

Group group_of(std::size_t columns) {
  std::vector<Table::Column> all(columns, {.cut = true});
  all.front().style = Table::Style::accent;
  return {Table(all), Json::array()};
}

Json card_json(const detail::ObjectInfo& info) {
  Json keys = Json::array();
  for (const KeyInfo& key : info.keys) keys.push_back(key.name);
  return {{"name", info.card.name},
          {"title", info.card.title},
          {"paper", info.card.paper},
          {"idea", info.card.idea},
          {"keys", keys}};
}

Group optimizers() {
  Group group = group_of(3);
  for (const auto* info : rules()) {
    group.table.add({info->card.name, info->card.title, short_citation(info->card.paper)});
    Json like{"paper"};
    for (const Preset& preset : info->presets) like.push_back(preset.library);
    group.json.push_back(card_json(*info));
    group.json.back()["like"] = like;
  }
  return group;
}

Group schedules() {
  Group group = group_of(2);
  std::vector<const detail::ObjectInfo*> all(segments().begin(), segments().end());
  all.push_back(&plateau_info());
  for (const auto* info : all) {
    group.table.add({info->card.name, info->card.idea});
    group.json.push_back(card_json(*info));
  }
  return group;
}

Group all_transforms() {
  Group group = group_of(3);
  for (const auto* info : transforms()) {
    group.table.add({info->card.name, info->card.title, short_citation(info->card.paper)});
    group.json.push_back(card_json(*info));
  }
  return group;
}

Group all_problems() {
  Group group = group_of(3);
  for (const ProblemInfo& info : problems()) {
    std::string dimension = fmt::format("{}-D", info.dimension);
    if (info.any_dimension) dimension += fmt::format(", or any from {}", info.smallest_dimension);
    group.table.add({info.name, info.title, dimension});
    group.json.push_back({{"name", info.name},
                          {"title", info.title},
                          {"dimension", info.dimension},
                          {"any_dimension", info.any_dimension}});
  }
  return group;
}

Group data_sets() {
  Group group = group_of(3);
  for (const data::BundledInfo& info : data::bundled()) {
    std::string size = fmt::format("{} × {}", info.rows, info.columns);
    if (info.classes > 0) size += fmt::format(", {} classes", info.classes);
    group.table.add({info.name, size, info.about});
    group.json.push_back({{"name", info.name},
                          {"about", info.about},
                          {"task", info.classes > 0 ? "classification" : "regression"},
                          {"rows", info.rows},
                          {"columns", info.columns},
                          {"classes", info.classes}});
  }
  return group;
}

Group all_models() {
  Group group = group_of(2);
  for (const models::ModelInfo& info : models::models()) {
    group.table.add({info.usage, info.about});
    group.json.push_back({{"name", info.name}, {"usage", info.usage}, {"about", info.about}});
  }
  return group;
}

struct Listed {
  const char *name, *title;
  Group (*group)();
};
constexpr Listed all_listed[] = {
    {"optimizers", "Optimizers", optimizers},
    {"schedules", "Schedules of any hyper-parameter", schedules},
    {"transforms", "Transforms of the gradient or the parameters", all_transforms},
    {"problems", "Problems to minimize", all_problems},
    {"data", "Data sets that come with thalweg", data_sets},
    {"models", "Models to train", all_models}};

class List : public Command {
 public:
  About about() const override {
    return {"list",
            "the optimizers, schedules, transforms, problems, data sets and models",
            "",
            {{"list", "Everything there is:"},
             {"list optimizers", "One group:"},
             {"list problems --json", "For machines, with papers and ideas:"}}};
  }

  void declare(Arguments& arguments) override {
    arguments.text("KIND", "KIND", kind_, "what to list: " + joined(names()) + "; all if left out");
  }

  int run(const Session& session) override {
    const std::vector<std::string> known = names();
    if (!kind_.empty() && std::find(known.begin(), known.end(), kind_) == known.end())
      throw unknown_name("kind", kind_, known);
    Json json = Json::object();
    std::string text;
    for (const Listed& kind : all_listed) {
      if (!kind_.empty() && kind_ != kind.name) continue;
      Group group = kind.group();
      if (!text.empty()) text += "\n";
      text += session.terminal.bold(kind.title) + "\n" + group.table.text(session.terminal);
      json[kind.name] = std::move(group.json);
    }
    if (session.options.json) {
      fmt::print("{}\n", json.dump());
    } else {
      fmt::print("{}", text);
      if (!session.options.quiet)
        fmt::print("\n{}", paragraph("thalweg explain NAME tells more about each.", session.terminal.width));
    }
    return Exit::done;
  }

 private:
  static std::vector<std::string> names() {
    std::vector<std::string> all;
    for (const Listed& kind : all_listed) all.emplace_back(kind.name);
    return all;
  }

  std::string kind_;
};

}  // namespace

std::unique_ptr<Command> list_command() { return std::make_unique<List>(); }

}  // namespace thalweg::cli
