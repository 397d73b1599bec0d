// What cannot go over is refused with its name, place and value, and what would be accepted; nothing is
// written then.

#include <filesystem>
#include <functional>

#include <gmock/gmock.h>

#include <thalweg/rules.h>
#include <thalweg/torch_state.h>
#include <thalweg/transforms/clip.h>

#include "checkpoint/crc32.h"
#include "checkpoint/tensor_file.h"
#include "core/checkpoint_files.h"
#include "problem.h"

namespace thalweg::test::refusals_test {
namespace {

namespace fs = std::filesystem;
using checkpoint::TensorFile;
using Json = nlohmann::json;

const std::string fixtures = THALWEG_TEST_FILES "/torch/fixtures/";

/// What an input Error says, without the folder.
std::string refusal_of(const Scratch& scratch, const std::function<void()>& action) {
  std::string message = "(nothing refused)";
  try {
    action();
  } catch (const Error& error) {
    message = (error.kind == Error::Kind::usage ? "usage: " : "") + std::string(error.what());
  }
  for (std::size_t at = 0; (at = message.find(scratch.path(""), at)) != message.npos;)
    message.erase(at, scratch.path("").size());
  return message;
}

/// A copy of a fixture that may be spoilt.
struct Copy : Scratch {
  explicit Copy(const std::string& name) : json(Json::parse(std::ifstream(fixtures + name + ".json"))) {
    fs::copy(fixtures + name + ".safetensors", path("s.safetensors"));
  }
  /// Replaces the tensors by those that `change` makes of them.
  void tensors(const std::function<void(std::vector<checkpoint::Tensor>&)>& change) {
    const TensorFile file = checkpoint::read_tensor_file(path("s.safetensors"));
    std::vector<checkpoint::Tensor> all = file.tensors();
    change(all);
    checkpoint::write_tensor_file(path("s.safetensors"), all, {});
    json["crc32"] = checkpoint::crc32(bytes_of(path("s.safetensors")));
  }
  [[nodiscard]] std::string refusal() const {
    std::ofstream(path("s.json")) << json.dump();
    const std::string said = refusal_of(*this, [&] { import_torch_state(path("s.json"), path("made")); });
    EXPECT_FALSE(fs::exists(path("made")));
    return said;
  }

  Json json;
};

struct Spoilt {
  std::string name, fixture;
  std::function<void(Json&)> change;
  std::string message;
};

class Imports : public ::testing::TestWithParam<Spoilt> {};

TEST_P(Imports, RefuseWhatTheLibraryDoesNotHave) {
  Copy copy(GetParam().fixture);
  GetParam().change(copy.json);
  EXPECT_EQ(copy.refusal(), GetParam().message);
}

Json& first_group(Json& json) { return json["param_groups"][0]; }

INSTANTIATE_TEST_SUITE_P(
    Entries, Imports,
    ::testing::Values(
        Spoilt{
            "Optimizer", "adam", [](Json& j) { j["optimizer"] = "Lion"; },
            "s.json, optimizer: found 'Lion'; expected one of SGD, Adagrad, Adadelta, RMSprop, Adam, AdamW, "
            "Adamax, NAdam"},
        Spoilt{"NoOptimizer", "adam", [](Json& j) { j.erase("optimizer"); },
               "s.json: found no optimizer; expected one"},
        Spoilt{
            "Extra", "adam", [](Json& j) { j["scheduler"] = 1; },
            "s.json: found an entry 'scheduler'; expected optimizer, torch_version, thalweg_version, steps, "
            "crc32, names, param_groups, state"},
        Spoilt{"Maximize", "adam", [](Json& j) { first_group(j)["maximize"] = true; },
               "s.json, param_groups[0].maximize: found true; expected false"},
        Spoilt{"Decoupled", "adam", [](Json& j) { first_group(j)["decoupled_weight_decay"] = true; },
               "s.json, param_groups[0].decoupled_weight_decay: found true; expected false"},
        Spoilt{"UnknownKey", "adam", [](Json& j) { first_group(j)["nu"] = 1; },
               "s.json, param_groups[0]: found an entry 'nu'; expected params, weight_decay, maximize, "
               "decoupled_weight_decay, lr, betas, eps, amsgrad, foreach, fused, capturable, "
               "differentiable, initial_lr, max_lr, min_lr, base_momentum, max_momentum, name, param_names"},
        Spoilt{"MissingKey", "adam", [](Json& j) { first_group(j).erase("eps"); },
               "s.json, param_groups[0]: found no eps; expected one"},
        Spoilt{"Range", "adam", [](Json& j) { first_group(j)["lr"] = -1; },
               "s.json, param_groups[0].lr: found -1; expected at least 0, as lr of adam"},
        Spoilt{"Betas", "adam",
               [](Json& j) {
                 first_group(j)["betas"] = {0.9, 1.0};
               },
               "s.json, param_groups[0].betas[1]: found 1; expected in [0, 1), as beta2 of adam"},
        Spoilt{"ThreeBetas", "adam",
               [](Json& j) {
                 first_group(j)["betas"] = {0.9, 0.9, 0.9};
               },
               "s.json, param_groups[0].betas: found an array; expected an array of 2"},
        Spoilt{
            "OneAMSGrad", "adam",
            [](Json& j) {
              first_group(j)["amsgrad"] = true;
              first_group(j)["weight_decay"] = 0;
            },
            "s.json, param_groups[1]: found adam beside amsgrad:bias_correction=true; expected groups that "
            "are all of one rule"},
        Spoilt{
            "Nesterov", "momentum", [](Json& j) { first_group(j)["nesterov"] = true; },
            "s.json, param_groups[0]: found dampening 0.25, nesterov 1; expected a form of SGD that PyTorch "
            "has"},
        Spoilt{
            "Decays", "adamax", [](Json& j) { j["param_groups"][1]["weight_decay"] = 0.5; },
            "s.json, param_groups[1].weight_decay: found 0.5; expected 0.125 as in param_groups[0]: "
            "adamax:eps_placement=inside_max has no weight decay of its own, but a transform that all groups "
            "share"},
        Spoilt{"NoMomentum", "nesterov", [](Json& j) { first_group(j)["momentum"] = 0; },
               "s.json, param_groups[0].momentum: found 0; expected above 0: without it, PyTorch keeps no "
               "velocity"},
        Spoilt{"NegativeDecay", "adamax", [](Json& j) { first_group(j)["weight_decay"] = -0.5; },
               "s.json, param_groups[0].weight_decay: found -0.5; expected at least 0"},
        Spoilt{"NoForeach", "nadam", [](Json& j) { first_group(j)["foreach"] = nullptr; },
               "s.json, param_groups[0].foreach: found null; expected true, or a torch_version from 2.0 on: "
               "without it, PyTorch before that steps NAdam by a wrong product"},
        Spoilt{
            "OtherMomenta", "nadam",
            [](Json& j) {
              first_group(j)["betas"] = {0.8, 0.999};
            },
            "s.json, state.0.mu_product: found 0.003753804136067629; expected 0.0016459018808964894, as "
            "nadam:lr=0.05,beta1=0.8 has it after 7 steps: betas and momentum_decay have to be those of the "
            "whole run"},
        Spoilt{"StepAfterAll", "adam", [](Json& j) { j["state"]["0"]["step"] = 8; },
               "s.json, steps: found 7; expected at least 8, as in state"},
        Spoilt{"NoSteps", "momentum", [](Json& j) { j.erase("steps"); },
               "s.json, steps: found nothing; expected the steps done, of which SGD keeps no count"},
        Spoilt{"ZeroSteps", "momentum", [](Json& j) { j["steps"] = 0; },
               "s.json, steps: found 0; expected at least 1, as 'layer.weight' has state"},
        Spoilt{"HalfAStep", "adam", [](Json& j) { j["state"]["0"]["step"] = 6.5; },
               "s.json, state.0.step: found 6.5; expected a whole number from 0 to 2^53"},
        Spoilt{"NoStep", "adam", [](Json& j) { j["state"].erase("0"); },
               "s.json, state.0: found no step; expected one, of 'layer.weight', which has state"},
        Spoilt{"NoState", "adam", [](Json& j) { j["state"]["2"]["step"] = 7; },
               "s.json, state.2.step: found 7; expected state of 'late' in s.safetensors"},
        Spoilt{"OtherState", "adam", [](Json& j) { j["state"]["0"]["eta"] = 0.5; },
               "s.json, state.0: found an entry 'eta'; expected step"},
        Spoilt{"StateOfNobody", "adam", [](Json& j) { j["state"]["4"] = Json::object(); },
               "s.json, state: found '4'; expected numbers of names, from 0"},
        Spoilt{"NameTwice", "adam", [](Json& j) { j["names"][1] = "late"; },
               "s.json, names: found 'late' twice; expected each name once"},
        Spoilt{"OtherName", "adam", [](Json& j) { j["names"][2] = "early"; },
               "s.safetensors: found no tensor 'parameter.early'; expected one of this name"},
        Spoilt{"ParameterTwice", "adam", [](Json& j) { first_group(j)["params"] = {0, 1, 1}; },
               "s.json, param_groups[0].params: found 1 again; expected each number once"},
        Spoilt{"NoParameter", "adam", [](Json& j) { first_group(j)["params"] = {0, 1}; },
               "s.json, param_groups: found no group with 'late'; expected all of names"},
        Spoilt{"NoGroups", "adam", [](Json& j) { j["param_groups"] = Json::array(); },
               "s.json, param_groups: found none; expected at least one"}),
    [](const auto& test) { return test.param.name; });

TEST(Import, RefusesTensorsThatDoNotFit) {
  Copy type("adam"), shape("adam"), more("adam"), half("adam");
  type.tensors([](auto& all) {
    for (checkpoint::Tensor& tensor : all) {
      if (tensor.name == "parameter.layer.bias")
        tensor = {tensor.name, checkpoint::Dtype::bf16, {16}, tensor.bytes};
    }
  });
  EXPECT_EQ(
      type.refusal(),
      "s.safetensors, tensor 'parameter.layer.bias': found BF16; expected F32 or F64: PyTorch rounds 16 bits "
      "within a step, which the library does not");
  shape.tensors([](auto& all) {
    for (checkpoint::Tensor& tensor : all) {
      if (tensor.name == "state.layer.bias.exp_avg")
        tensor = {tensor.name, tensor.dtype, {3}, tensor.bytes.substr(8)};
    }
  });
  EXPECT_EQ(
      shape.refusal(),
      "s.safetensors, tensor 'state.layer.bias.exp_avg': found F64 of the shape [3]; expected F64 of the "
      "shape [4] as its parameter");
  more.tensors([](auto& all) {
    all.push_back({"state.layer.bias.max_exp_avg_sq", all[0].dtype, all[0].shape, all[0].bytes});
  });
  EXPECT_EQ(
      more.refusal(),
      "s.safetensors: found a tensor 'state.layer.bias.max_exp_avg_sq'; expected those of the names, and of "
      "state that Adam has here");
  half.tensors([](auto& all) {
    std::erase_if(all, [](const auto& tensor) { return tensor.name == "state.delayed.exp_avg_sq"; });
  });
  EXPECT_EQ(half.refusal(),
            "s.safetensors: found no tensor 'state.delayed.exp_avg_sq'; expected one of this name");
}

// As when only one of the two was written.
TEST(Import, RefusesAPairThatWasNotWrittenTogether) {
  Copy copy("adam");
  copy.json["crc32"] = 1;
  const std::string own = std::to_string(checkpoint::crc32(bytes_of(copy.path("s.safetensors"))));
  EXPECT_EQ(copy.refusal(), "s.json, crc32: found 1; expected " + own +
                                ", that of s.safetensors: the two were not written together");
}

TEST(Import, RefusesBrokenFiles) {
  const Copy copy("adam");
  const auto refusal = [&](const std::string& text) {
    std::ofstream(copy.path("s.json")) << text;
    return refusal_of(copy, [&] { import_torch_state(copy.path("s.json"), copy.path("made")); });
  };
  EXPECT_EQ(refusal(""), "s.json: found broken JSON at byte 1; expected a JSON text");
  EXPECT_EQ(refusal("{\"a\": 1,}"), "s.json: found broken JSON at byte 9; expected a JSON text");
  EXPECT_EQ(refusal("{\"a\": 1, \"a\": 2}"), "s.json: found 'a' twice; expected each name once");
  EXPECT_EQ(refusal("[1e999]"), "s.json: found the number '1e999'; expected one that a double can hold");
  EXPECT_EQ(refusal(std::string(40, '[')),
            "s.json: found more than 32 levels; expected arrays and objects of at most 32 levels");
  EXPECT_EQ(refusal("[]"), "s.json: found an array; expected an object");
  EXPECT_EQ(refusal("{}"), "s.json: found no crc32; expected one");
}

TEST(Import, ReplacesNothingThatItReads) {
  const Copy copy("adam");
  std::ofstream(copy.path("s.json")) << copy.json.dump();
  for (const char* name : {"s.json", "s.safetensors"}) {
    const std::string before = bytes_of(copy.path(name));
    EXPECT_EQ(
        refusal_of(copy, [&] { import_torch_state(copy.path("s.json"), copy.path(name)); }),
        std::string(name) + ": found the file that is read; expected another path: it would be replaced");
    EXPECT_EQ(bytes_of(copy.path(name)), before);
  }
  EXPECT_EQ(refusal_of(copy, [&] { import_torch_state(copy.path("s"), copy.path("made")); }),
            "usage: path = s: must end in .json: the numbers lie beside it, in a .safetensors file");
}

/// A run of three steps, saved.
struct Saved : Scratch {
  explicit Saved(
      const AnyRule& rule, const std::function<void(Optimizer&)>& surround = [](Optimizer&) {},
      const Storage& storage = {})
      : optimizer(rule, storage, {.threads = 1}) {
    optimizer.add("theta", theta);
    surround(optimizer);
    for (int t = 0; t < 3; ++t) optimizer.step({gradient});
    optimizer.save(path("c.safetensors"));
  }
  [[nodiscard]] std::string refusal(const TorchExport& options = {}) const {
    const std::string said = refusal_of(
        *this, [&] { export_torch_state(Checkpoint(path("c.safetensors")), path("s.json"), options); });
    EXPECT_FALSE(fs::exists(path("s.json")) || fs::exists(path("s.safetensors")));
    return said;
  }
  [[nodiscard]] Json exported(const TorchExport& options) const {
    export_torch_state(Checkpoint(path("c.safetensors")), path("s.json"), options);
    return Json::parse(std::ifstream(path("s.json")));
  }

  std::vector<float> theta{1, 2}, gradient{0.5, -0.25};
  Optimizer optimizer;
};

struct Form {
  std::string specification, message;
};

class Exports : public ::testing::TestWithParam<Form> {};

TEST_P(Exports, RefuseFormsThatPyTorchDoesNotHave) {
  EXPECT_EQ(Saved(make_rule(GetParam().specification)).refusal(),
            "c.safetensors: found " + GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Forms, Exports,
    ::testing::Values(
        Form{"qhadam",
             "the rule 'qhadam'; expected one that PyTorch has: sgd, momentum, nesterov, adagrad, "
             "adadelta, rmsprop, adam, amsgrad, adamw, adamax, nadam"},
        Form{"momentum", "momentum with form=classic; expected torch, as PyTorch's SGD has it"},
        Form{"momentum:momentum=0,form=torch",
             "momentum=0 in 'momentum:momentum=0,form=torch'; expected momentum above 0, or the rule sgd: "
             "PyTorch "
             "keeps no velocity"},
        Form{"nesterov:form=classic", "nesterov with form=classic; expected torch, as PyTorch's SGD has it"},
        Form{"adagrad", "adagrad with eps_placement=inside; expected outside, as PyTorch's Adagrad has it"},
        Form{"adagrad:eps_placement=outside,accumulator=mean",
             "adagrad with accumulator=mean; expected sum, as PyTorch's Adagrad has it"},
        Form{"rmsprop", "rmsprop with eps_placement=inside; expected outside, as PyTorch's RMSprop has it"},
        Form{"adam:eps_placement=hat",
             "adam with eps_placement=hat; expected outside, as PyTorch's Adam has it"},
        Form{"adamax",
             "adamax with eps_placement=denominator; expected inside_max, as PyTorch's Adamax has it"},
        Form{"nadam:form=simple", "nadam with form=simple; expected schedule, as PyTorch's NAdam has it"},
        Form{"amsgrad", "amsgrad with bias_correction=false; expected true, as PyTorch's Adam has it"}));

TEST(Export, RefusesWhatAStateDictDoesNotHaveUnlessItIsFrozen) {
  const Saved schedule(Adam{.lr = 0.5},
                       [](Optimizer& o) { o.schedule("lr", make_schedule("linear:steps=6,final=0")); });
  EXPECT_EQ(schedule.refusal(),
            "c.safetensors: found a schedule of lr, 'linear:steps=6'; expected none: TorchExport::freeze "
            "(--freeze) takes what they come to at the coming step");
  EXPECT_EQ(schedule.exported({.freeze = true})["param_groups"][0]["lr"], schedule.optimizer.value("lr"));
  EXPECT_EQ(schedule.optimizer.value("lr"), 0.25);
  const Saved factor(Adam{.lr = 0.5}, [](Optimizer& o) { o.scale("lr", 0.5); });
  EXPECT_EQ(factor.refusal(),
            "c.safetensors: found the factor 0.5 of lr; expected none: TorchExport::freeze (--freeze) takes "
            "what they "
            "come to at the coming step");
  EXPECT_EQ(factor.exported({.freeze = true})["param_groups"][0]["lr"], 0.25);
  const Saved transform(Adam{}, [](Optimizer& o) { o.transform(clip_norm(1)); });
  EXPECT_EQ(transform.refusal(),
            "c.safetensors: found the transform 'clip_norm'; expected none that PyTorch's optimizer has not: "
            "TorchExport::freeze (--freeze) leaves it out");
  EXPECT_EQ(transform.exported({.freeze = true})["param_groups"][0]["weight_decay"], 0);
  const Saved loss_scale(Adam{}, [](Optimizer& o) { o.loss_scale(4); });
  EXPECT_EQ(loss_scale.refusal(),
            "c.safetensors: found the loss scale 4; expected 1, as PyTorch keeps it elsewhere: "
            "TorchExport::freeze (--freeze) leaves it out");
}

TEST(Export, RefusesNumbersThatPyTorchDoesNotKeep) {
  EXPECT_EQ(Saved(Adam{}, [](Optimizer&) {}, {.state = StateType::float64}).refusal(),
            "c.safetensors: found m of tensor 'theta' in F64; expected F32, as its parameters: load it with "
            "LoadOptions{.convert = true}, and save it");
  const Scratch scratch;
  std::vector<bfloat16> narrow(2, bfloat16(1.0F));
  std::vector<float> wide(2, 1);
  Optimizer optimizer(Adam{}, Storage{.state = StateType::bfloat16});
  optimizer.add("narrow", narrow);
  optimizer.save(scratch.path("c"));
  EXPECT_EQ(
      refusal_of(scratch, [&] { export_torch_state(Checkpoint(scratch.path("c")), scratch.path("s.json")); }),
      "c: found tensor 'narrow' in BF16; expected F32 or F64: PyTorch rounds 16 bits within a step, which "
      "the "
      "library does not");
  Optimizer sparse(Adam{});
  sparse.add_sparse("table", wide);
  sparse.save(scratch.path("c"));
  EXPECT_EQ(
      refusal_of(scratch, [&] { export_torch_state(Checkpoint(scratch.path("c")), scratch.path("s.json")); }),
      "c: found the sparse tensor 'table'; expected dense ones alone");
}

// What a file says may be anything, and is not the caller's usage.
TEST(Export, RefusesTextsThatNoOptimizerHasWritten) {
  const Saved saved(Adam{});
  const TensorFile file = checkpoint::read_tensor_file(saved.path("c.safetensors"));
  checkpoint::Metadata metadata = file.metadata();
  metadata["schedule.eps_placement"] = "linear";
  checkpoint::write_checked_file(saved.path("c.safetensors"), file.tensors(), metadata);
  EXPECT_EQ(saved.refusal({.freeze = true}),
            "c.safetensors: found adam: eps_placement = outside: only numbers can follow a schedule; "
            "expected rules, "
            "transforms and schedules of the library");
  metadata.erase("schedule.eps_placement");
  metadata["group.0.rule"] = "adam:lr=x";
  checkpoint::write_checked_file(saved.path("c.safetensors"), file.tensors(), metadata);
  EXPECT_EQ(saved.refusal(),
            "c.safetensors: found adam: lr = x: must be at least 0; expected rules, transforms and schedules "
            "of the "
            "library");
}

TEST(Export, DoesNotReplaceTheCheckpoint) {
  const Saved saved(Adam{});
  EXPECT_EQ(
      refusal_of(saved,
                 [&] { export_torch_state(Checkpoint(saved.path("c.safetensors")), saved.path("c.json")); }),
      "c.safetensors: found the file that is read; expected another path: it would be replaced");
  EXPECT_EQ(refusal_of(saved,
                       [&] { export_torch_state(Checkpoint(saved.path("c.safetensors")), saved.path("s")); }),
            "usage: path = s: must end in .json: the numbers lie beside it, in a .safetensors file");
}

}  // namespace
}  // namespace thalweg::test::refusals_test
