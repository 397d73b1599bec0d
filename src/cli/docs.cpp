#include <filesystem>

#include <fmt/format.h>

#include <thalweg/error.h>
#include <thalweg/registry.h>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/explanation.h"
#include "data/files.h"

namespace thalweg::cli {
namespace {

constexpr const char* notice = "<!-- Written by scripts/make-docs from the declarations in the code. -->\n";

std::string optimizer_index() {
  std::string text =
      std::string(notice) + "# Optimizers\n\n| name | title | paper | idea |\n| --- | --- | --- | --- |\n";
  for (const auto* info : rules()) {
    const Card& card = info->card;
    text +=
        fmt::format("| [{0}]({0}.md) | {1} | {2} | {3} |\n", card.name, card.title, card.paper, card.idea);
  }
  return text;
}

/// One page for all of a kind.
template <class Names>
std::string collection(const std::string& title, const std::string& introduction, const Names& names,
                       Explanation (*explain_one)(std::string_view)) {
  std::string text = fmt::format("{}# {}\n\n{}\n", notice, title, introduction);
  for (const std::string& name : names) text += "\n" + explanation_markdown(explain_one(name), 2);
  return text;
}

class Docs : public Command {
 public:
  About about() const override {
    return {"docs",
            "writes the pages of the documentation that are made from the code",
            "",
            {{"docs --output docs", "What scripts/make-docs does:"}},
            true};
  }

  void declare(Arguments& arguments) override {
    arguments.text("--output", "DIR", folder_, "where to write them");
    arguments.required();
  }

  int run(const Session& session) override {
    write(session, "optimizers/README.md", optimizer_index());
    for (const auto* info : rules()) {
      const std::string name = info->card.name;
      write(session, "optimizers/" + name + ".md", notice + explanation_markdown(explain_optimizer(name)));
    }
    std::vector<std::string> names;
    for (const auto* info : segments()) names.emplace_back(info->card.name);
    names.emplace_back(plateau_info().card.name);
    write(session, "schedules.md",
          collection("Schedules",
                     "A hyper-parameter over the steps: a factor of its own value, or with `absolute |` in "
                     "front the value itself. `a | b` is \"a, then b\".",
                     names, explain_schedule));
    names.clear();
    for (const auto* info : transforms()) names.emplace_back(info->card.name);
    write(session, "transforms.md",
          collection("Transforms",
                     "What happens to the gradient, or to the parameters, before the optimizer; several are "
                     "applied in the order in which they are given.",
                     names, explain_transform));
    return Exit::done;
  }

 private:
  void write(const Session& session, const std::string& name, const std::string& text) const {
    const std::filesystem::path path = std::filesystem::path(folder_) / name;
    std::filesystem::create_directories(path.parent_path());
    data::write_file(path.string(), text);
    if (!session.options.quiet) fmt::print("{}\n", path.string());
  }

  std::string folder_;
};

}  // namespace

std::unique_ptr<Command> docs_command() { return std::make_unique<Docs>(); }

}  // namespace thalweg::cli
