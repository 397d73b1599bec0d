// thalweg convert: a training's checkpoint to PyTorch's state and back.

#include <filesystem>

#include "core/checkpoint_files.h"
#include "program.h"

namespace thalweg::test::convert_test {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using ::testing::HasSubstr;

/// A checkpoint after four steps, of a training with more options.
std::string trained(const Scratch& scratch, const Words& more) {
  Words words{"train",    "--data", "iris",        "--model",      "softmax",      "--batch",          "32",
              "--epochs", "1",      "--optimizer", "adam:lr=0.01", "--checkpoint", scratch.path("run")};
  words.insert(words.end(), more.begin(), more.end());
  const Output output = thalweg(words);
  EXPECT_EQ(output.code, 0) << output.err;
  return scratch.path("run") + "/step-000000000004.safetensors";
}

TEST(Convert, CarriesATrainingToPyTorchAndBack) {
  const Scratch scratch;
  const std::string from = trained(scratch, {"--cooldown", "0"});
  const std::string state = scratch.path("state.json"), back = scratch.path("back");
  const Output there = thalweg({"convert", from, state});
  EXPECT_EQ(there.code, 0) << there.err;
  EXPECT_THAT(there.out, HasSubstr("state.json, "));
  EXPECT_THAT(there.out, HasSubstr("done\n\n  rule  adam:lr=0.01\n"));
  const Json json = Json::parse(file_text(state));
  EXPECT_EQ(json["optimizer"], "Adam");
  EXPECT_EQ(json["names"], Json({"weights", "bias"}));
  EXPECT_EQ(json["state"]["1"], Json({{"step", 4}}));
  EXPECT_EQ(json_of(thalweg({"inspect", scratch.path("state.safetensors"), "--json"}))["kind"], "tensors");
  EXPECT_EQ(json_of(thalweg({"convert", state, back, "--json"})),
            Json({{"written", {back}},
                  {"steps", 4},
                  {"rule", "adam:lr=0.01"},
                  {"transforms", Json::array()},
                  {"tensors",
                   {{{"name", "weights"}, {"parameters", 12}, {"rule", "adam:lr=0.01"}},
                    {{"name", "bias"}, {"parameters", 3}, {"rule", "adam:lr=0.01"}}}}}));
  const Json was = json_of(thalweg({"inspect", from, "--json"})),
             is = json_of(thalweg({"inspect", back, "--json"}));
  EXPECT_EQ(is["kind"], "checkpoint");
  EXPECT_EQ(is["checksum"], "holds");
  for (const Json& tensor : is["tensors"])
    EXPECT_EQ(std::count(was["tensors"].begin(), was["tensors"].end(), tensor), 1) << tensor;
}

TEST(Convert, RefusesASchedule) {
  const Scratch scratch;
  const std::string from = trained(scratch, {}), state = scratch.path("state.json");
  const Output refused = thalweg({"convert", from, state});
  EXPECT_EQ(refused.code, 3);
  EXPECT_THAT(refused.err, HasSubstr("found a schedule of lr, '"));
  EXPECT_THAT(refused.err, HasSubstr("(--freeze) takes what they come to at the coming step"));
  EXPECT_FALSE(fs::exists(state));
  EXPECT_EQ(thalweg({"convert", from, state, "--freeze"}).code, 0);
  EXPECT_LT(Json::parse(file_text(state))["param_groups"][0]["lr"], 0.01);
}

TEST(Convert, WantsPyTorchOnOneSide) {
  const auto error = [](const Words& words) {
    const Output output = thalweg(words);
    EXPECT_EQ(output.code, 2);
    return output.err;
  };
  const std::string one = "exactly one of the two must end in .json";
  EXPECT_THAT(error({"convert", "a", "b"}), HasSubstr("FROM and TO = a and b: " + one));
  EXPECT_THAT(error({"convert", "a.json", "b.json"}), HasSubstr(one));
  EXPECT_THAT(error({"convert", "a.json"}), HasSubstr("TO"));
  EXPECT_THAT(error({"convert", "a.json", "b", "--freeze"}), HasSubstr("--freeze = true: is for writing"));
  const Output missing = thalweg({"convert", "nowhere.json", "b"});
  EXPECT_EQ(missing.code, 3);
  EXPECT_THAT(missing.err, HasSubstr("nowhere.json"));
}

}  // namespace
}  // namespace thalweg::test::convert_test
