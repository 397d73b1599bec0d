// thalweg convert: checkpoints from and to the state of PyTorch's optimizers.

#include <filesystem>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <thalweg/error.h>
#include <thalweg/torch_state.h>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/table.h"
#include "cli/text.h"
#include "engine/checkpoint.h"
#include "files/files.h"

namespace thalweg::cli {
namespace {

using Json = nlohmann::ordered_json;

bool is_json(const std::string& path) { return std::filesystem::path(path).extension() == ".json"; }

class Convert : public Command {
 public:
  About about() const override {
    return {
        "convert",
        "turn a checkpoint into the state of a PyTorch optimizer, or back",
        "The one that ends in .json is PyTorch's: a state dict, with its numbers in a .safetensors file of "
        "the same name beside it. examples/python/torch_state.py reads and writes such a pair in PyTorch. "
        "What the other side does not have is refused, and named. Says which optimizer goes on from what "
        "was written.",
        {{"convert run/step-000000000500.safetensors state.json", "Writes state.json and state.safetensors:"},
         {"convert state.json begun.safetensors", "A checkpoint for Optimizer::load:"},
         {"convert run/step-000000000500.safetensors state.json --freeze",
          "From a training with a schedule, as of its coming step:"}}};
  }

  void declare(Arguments& a) override {
    a.text("FROM", "FILE", from_, "a checkpoint, or the .json of PyTorch's state");
    a.required();
    a.text("TO", "FILE", to_, "what to write, whole or not at all");
    a.required();
    a.flag("--freeze", options_.freeze,
           "to PyTorch: keep what schedules and factors make of the coming step, and leave transforms out");
  }

  int run(const Session& session) override {
    if (is_json(from_) == is_json(to_))
      throw usage_error("FROM and TO", from_ + " and " + to_,
                        "exactly one of the two must end in .json: PyTorch's side");
    if (is_json(from_)) {
      if (options_.freeze) throw usage_error("--freeze", "true", "is for writing PyTorch's state");
      import_torch_state(from_, to_);
      tell(session, Checkpoint(to_), {to_});
    } else {
      const Checkpoint checkpoint(from_);
      export_torch_state(checkpoint, to_, options_);
      tell(session, checkpoint, {to_, std::filesystem::path(to_).replace_extension(".safetensors").string()});
    }
    return Exit::done;
  }

 private:
  void tell(const Session& session, const Checkpoint& checkpoint,
            const std::vector<std::string>& written) const {
    const Checkpoint::Contents& contents = checkpoint.contents();
    Json json{{"written", written},
              {"steps", checkpoint.steps()},
              {"rule", checkpoint.rule()},
              {"transforms", contents.transforms},
              {"tensors", Json::array()}};
    Table table({{.style = Table::Style::accent}, {}});
    table.add({"rule", checkpoint.rule()});
    for (const std::string& transform : contents.transforms) table.add({"transform", transform});
    std::size_t parameters = 0;
    for (const Checkpoint::Contents::Tensor& tensor : contents.tensors) {
      const checkpoint::Tensor& array = contents.file.at(stored::parameter(tensor.name));
      const std::size_t size = array.bytes.size() / dtype_size(array.dtype);
      const std::string& rule = contents.groups[tensor.group].rule;
      parameters += size;
      json["tensors"].push_back({{"name", tensor.name}, {"parameters", size}, {"rule", rule}});
      if (rule != checkpoint.rule()) table.add({"rule of " + files::shown(tensor.name), rule});
    }
    if (session.options.json) {
      fmt::print("{}\n", json.dump());
      return;
    }
    fmt::print("{}", paragraph(fmt::format("{}: {} parameters in {} tensors, {} steps done",
                                           fmt::join(written, ", "), parameters, contents.tensors.size(),
                                           checkpoint.steps()),
                               session.terminal.width));
    if (!options_.freeze)
      fmt::print("\n{}", table.text(session.terminal));  // or it says what was, not what is
  }

  std::string from_, to_;
  TorchExport options_;
};

}  // namespace

std::unique_ptr<Command> convert_command() { return std::make_unique<Convert>(); }

}  // namespace thalweg::cli
