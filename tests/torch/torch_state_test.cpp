// States that PyTorch has written (fixtures/, by make_fixtures.py) go on here as they did there, and come
// back from here as they were.

#include <cmath>
#include <filesystem>

#include <gmock/gmock.h>

#include <thalweg/torch_state.h>

#include "checkpoint/tensor_file.h"
#include "core/checkpoint_files.h"
#include "problem.h"

namespace thalweg::test::torch_state_test {
namespace {

using checkpoint::read_tensor_file;
using checkpoint::TensorFile;
using Json = nlohmann::json;

const std::string folder = THALWEG_TEST_FILES "/torch";

const Json& cases() {
  static const Json all = torch_cases(folder);
  return all;
}

std::vector<std::string> case_names() {
  std::vector<std::string> names;
  for (const auto& [name, options] : cases().items()) names.push_back(name);
  return names;
}

std::string fixture(const std::string& name) { return folder + "/fixtures/" + name + ".json"; }

Json json_of(const std::string& path) { return Json::parse(std::ifstream(path)); }

/// The arrays of a file, with their bytes.
std::map<std::string, std::string> arrays_of(const std::string& path) {
  const TensorFile file = read_tensor_file(path);
  std::map<std::string, std::string> arrays;
  for (const checkpoint::Tensor& tensor : file.tensors())
    arrays[tensor.name] = checkpoint::dtype_name(tensor.dtype) + std::string(tensor.bytes);
  return arrays;
}

class TorchState : public ::testing::TestWithParam<std::string> {
 protected:
  [[nodiscard]] const Json& options() const { return cases()[GetParam()]; }
  [[nodiscard]] bool counts() const { return options()["optimizer"] != "SGD"; }
  [[nodiscard]] std::string path(const std::string& name) const { return scratch_.path(name); }

  /// The largest difference to where PyTorch ended, in units of the parameter or of 1 if that is larger.
  template <class T>
  [[nodiscard]] double distance_after_more_steps() {
    import_torch_state(fixture(GetParam()), path("begun"));
    ProblemRun<T> run(options());
    run.add_all();
    run.optimizer.load(path("begun"));
    run.step_until(steps_before + steps_after);
    const TensorFile end = read_tensor_file(folder + "/fixtures/end.safetensors");
    double largest = 0;
    for (std::size_t k = 0; k < problem_tensors.size(); ++k) {
      const checkpoint::Tensor& there = end.at(GetParam() + "." + problem_tensors[k].name);
      const std::vector<T> numbers = end.numbers<T>(there.name, there.shape);
      EXPECT_EQ(numbers.size(), run.theta[k].size());
      for (std::size_t i = 0; i < numbers.size(); ++i) {
        const double here = static_cast<double>(run.theta[k][i]), other = static_cast<double>(numbers[i]);
        const double apart = std::abs(here - other) / std::max(1.0, std::abs(other));
        if (std::isnan(apart)) return apart;
        largest = std::max(largest, apart);
      }
    }
    return largest;
  }

 private:
  Scratch scratch_;
};

// Both round each operation, but in another order. The bound is in units in the last place: problem.py.
TEST_P(TorchState, GoesOnAsItWouldHaveThere) {
  const double distance = options()["type"] == "float32" ? distance_after_more_steps<float>() / 0x1p-23
                                                         : distance_after_more_steps<double>() / 0x1p-52;
  RecordProperty("distance", std::to_string(distance));
  EXPECT_LE(distance, options().value("units", 16.0));
}

// From a checkpoint to PyTorch and back: the same file, or for SGD, which has no steps of tensors, the same
// arrays.
TEST_P(TorchState, ComesBackAsItWas) {
  import_torch_state(fixture(GetParam()), path("begun"));
  const auto check = [&](auto run) {
    run.add_all();
    run.optimizer.load(path("begun"));
    run.step_until(steps_before + 3);
    run.optimizer.save(path("here"));
  };
  if (options()["type"] == "float32")
    check(ProblemRun<float>(options()));
  else
    check(ProblemRun<double>(options()));
  for (const char* name : {"begun", "here"}) {
    export_torch_state(Checkpoint(path(name)), path("there.json"));
    import_torch_state(path("there.json"), path("again"));
    EXPECT_EQ(arrays_of(path("again")), arrays_of(path(name)));
    if (counts()) {
      EXPECT_EQ(bytes_of(path("again")), bytes_of(path(name)));
    }
    Checkpoint again(path("again"));
    EXPECT_EQ(again.steps(), Checkpoint(path(name)).steps());
  }
}

// What was imported is exported as PyTorch had it, but for shapes and what only says how PyTorch computes.
TEST_P(TorchState, IsExportedAsPyTorchHadIt) {
  import_torch_state(fixture(GetParam()), path("begun"));
  export_torch_state(Checkpoint(path("begun")), path("there.json"));
  EXPECT_EQ(arrays_of(path("there.safetensors")),
            arrays_of(folder + "/fixtures/" + GetParam() + ".safetensors"));
  const Json there = json_of(path("there.json")), was = json_of(fixture(GetParam()));
  for (const char* entry : {"optimizer", "names", "steps"}) EXPECT_EQ(there[entry], was[entry]);
  ASSERT_EQ(there["param_groups"].size(), was["param_groups"].size());
  for (std::size_t k = 0; k < was["param_groups"].size(); ++k) {
    for (const auto& [key, value] : there["param_groups"][k].items()) {
      if (key == "maximize" && !was["param_groups"][k].contains(key)) continue;
      EXPECT_EQ(value, was["param_groups"][k][key]) << key;
    }
  }
  for (const auto& [index, state] : was["state"].items()) {
    if (state.empty()) continue;
    for (const auto& [key, value] : state.items()) {
      const double here = there["state"][index][key], other = value;
      EXPECT_NEAR(here, other, key == "mu_product" ? 1e-6 * other : 0) << key;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, TorchState, ::testing::ValuesIn(case_names()),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace thalweg::test::torch_state_test
