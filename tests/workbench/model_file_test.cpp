#include "workbench/model_file.h"

#include <array>
#include <cstring>

#include <gmock/gmock.h>

#include "checkpoint/tensor_file.h"
#include "data/files.h"
#include "data/temporary.h"
#include "models/network.h"
#include "workbench/train_samples.h"

namespace thalweg::workbench::model_file_test {
namespace {

using checkpoint::Metadata;
using checkpoint::Tensor;
using checkpoint::TensorFile;
using data::TemporaryFolder;

/// A model of two hidden layers with every field in use, and awkward numbers.
TrainedModel full_model() {
  TrainedModel model;
  model.model = models::make_model("mlp:3,2,activation=tanh,l2=0.1");
  model.task = data::Task::classification;
  model.class_names = {"a, b", "\"quoted\"", "\xE6\xB3\x95"};
  model.columns = 2;
  model.feature_names = {"width", "two\nlines"};
  model.label_name = "kind";
  model.label_column = 1;
  model.scaling = data::Scaling{{0.1, -1e300}, {1.0 / 3, 0}};
  data::Dataset like;
  like.features = data::DenseMatrix{0, 2, {}};
  like.class_names = model.class_names;
  model.parameters = models::Network<float>(model.model, like).initial(7);
  model.parameters[1].values = {-0.0F, 1e-45F, 0.1F};
  return model;
}

/// A regression on hashed words.
TrainedModel hashed_model() {
  TrainedModel model;
  model.model = models::make_model("linear");
  model.task = data::Task::regression;
  model.columns = 4;
  model.sparse = true;
  model.hashing = data::Hashing{.bits = 2, .seed = 4294967295U, .with_sign = true, .numbers_too = true};
  model.scaling = data::Scaling{{}, {1, 2, 3, 0.1}};
  model.target = {0.1, 1.0 / 3};
  model.parameters = {{"weights", 4, 1, true, {1, 2, 3, 4}}, {"bias", 1, 1, false, {5}}};
  return model;
}

template <class T>
void expect_same_bits(const std::vector<T>& a, const std::vector<T>& b) {
  ASSERT_EQ(a.size(), b.size());
  if (a.empty()) return;
  EXPECT_EQ(std::memcmp(a.data(), b.data(), a.size() * sizeof(T)), 0);
}

void expect_same(const TrainedModel& a, const TrainedModel& b) {
  EXPECT_EQ(a.model.text(), b.model.text());
  EXPECT_EQ(a.task, b.task);
  EXPECT_EQ(a.class_names, b.class_names);
  EXPECT_EQ(a.columns, b.columns);
  EXPECT_EQ(a.sparse, b.sparse);
  EXPECT_EQ(a.feature_names, b.feature_names);
  EXPECT_EQ(a.label_name, b.label_name);
  EXPECT_EQ(a.label_column, b.label_column);
  ASSERT_EQ(a.hashing.has_value(), b.hashing.has_value());
  if (a.hashing) {
    EXPECT_EQ(a.hashing->bits, b.hashing->bits);
    EXPECT_EQ(a.hashing->seed, b.hashing->seed);
    EXPECT_EQ(a.hashing->with_sign, b.hashing->with_sign);
    EXPECT_EQ(a.hashing->numbers_too, b.hashing->numbers_too);
  }
  ASSERT_EQ(a.scaling.has_value(), b.scaling.has_value());
  if (a.scaling) {
    expect_same_bits(a.scaling->shift, b.scaling->shift);
    expect_same_bits(a.scaling->factor, b.scaling->factor);
  }
  EXPECT_EQ(a.target.mean, b.target.mean);
  EXPECT_EQ(a.target.scale, b.target.scale);
  ASSERT_EQ(a.parameters.size(), b.parameters.size());
  for (std::size_t k = 0; k < a.parameters.size(); ++k) {
    EXPECT_EQ(a.parameters[k].name, b.parameters[k].name);
    EXPECT_EQ(a.parameters[k].rows, b.parameters[k].rows);
    EXPECT_EQ(a.parameters[k].columns, b.parameters[k].columns);
    EXPECT_EQ(a.parameters[k].penalized, b.parameters[k].penalized);
    expect_same_bits(a.parameters[k].values, b.parameters[k].values);
  }
}

/// A model's file, to be spoiled.
struct ModelFile : ::testing::Test {
  /// What is wrong with the file of `model` after `spoil` has had its entries and tensors.
  template <class Spoil>
  std::string refusal(const TrainedModel& model, Spoil spoil) {
    const std::string path = folder.path() + "/m";
    write_model(path, model);
    const TensorFile file = checkpoint::read_tensor_file(path);
    Metadata metadata = file.metadata();
    std::vector<Tensor> tensors = file.tensors();
    spoil(metadata, tensors);
    checkpoint::write_tensor_file(path, tensors, metadata);
    return data::error_of(folder, [&] { static_cast<void>(read_model(path)); });
  }
  /// The same with one entry changed.
  std::string with(const TrainedModel& model, const std::string& key, const std::string& value) {
    return refusal(model, [&](Metadata& metadata, std::vector<Tensor>&) { metadata[key] = value; });
  }
  std::string without(const std::string& key) {
    return refusal(full_model(), [&](Metadata& metadata, std::vector<Tensor>&) { metadata.erase(key); });
  }
  TemporaryFolder folder;
};

TEST_F(ModelFile, GivesBackEveryBit) {
  for (TrainedModel model : {full_model(), hashed_model()}) {
    const std::string path = folder.path() + "/m";
    for (int k = 0; k < 2; ++k) {
      write_model(path, model);
      expect_same(read_model(path), model);
      model.scaling.reset();  // the features as they are
    }
    const std::string bytes = data::read_file(path);
    write_model(path, read_model(path));
    EXPECT_EQ(data::read_file(path), bytes);
  }
}

TEST_F(ModelFile, IsMadeOfWhatASplitKnows) {
  data::Split split = split_of(three_points());
  split.train.feature_names = {"x"};
  split.train.label_name = "y";
  split.train.label_column = 1;
  split.scaling = data::Scaling{{1}, {2}};
  split.target = {3, 4};
  const TrainedModel model = trained_model(split, models::make_model("linear"),
                                           {{"weights", 1, 1, true, {5}}, {"bias", 1, 1, false, {6}}});
  write_model(folder.path() + "/m", model);
  const TrainedModel read = read_model(folder.path() + "/m");
  expect_same(read, model);
  EXPECT_EQ(read.task, data::Task::regression);
  EXPECT_EQ(read.columns, 1U);
  EXPECT_EQ(read.label_name, "y");
  EXPECT_EQ(read.label_column, 1U);
  EXPECT_EQ(read.scaling->factor, std::vector<double>{2});
  EXPECT_EQ(read.target.scale, 4);
}

TEST_F(ModelFile, RefusesWhatIsNoModel) {
  const auto error = [&](const std::string& bytes) {
    return data::error_of(folder, [&] { static_cast<void>(read_model(folder.file("m", bytes))); });
  };
  EXPECT_THAT(error("1,2,3,4,5,6\n"),
              testing::StartsWith("m: found another kind of file (its first 8 bytes"));
  const char* const stranger =
      "m: found a safetensors file that is no model of thalweg; expected one that "
      "thalweg train --save has written";
  EXPECT_EQ(error(std::string("\x02\0\0\0\0\0\0\0{}", 10)), stranger);
  EXPECT_EQ(with(full_model(), "format", "pt"), stranger);
  write_model(folder.path() + "/m", full_model());
  const std::string whole = data::read_file(folder.path() + "/m");
  EXPECT_EQ(error(whole), "no error");
  EXPECT_THAT(error(whole.substr(0, whole.size() - 1)), testing::EndsWith("the file is cut off"));
  for (std::size_t size = 0; size < whole.size(); size += 7)
    EXPECT_NE(error(whole.substr(0, size)), "no error");
}

TEST_F(ModelFile, RefusesANewerFormat) {
  EXPECT_EQ(refusal(full_model(),
                    [](Metadata& metadata, std::vector<Tensor>&) {
                      metadata["format_version"] = "2";
                      metadata["thalweg_version"] = "9.0.0";
                    }),
            "m: found format version 2 of a newer thalweg (9.0.0); expected version 1");
  EXPECT_EQ(with(full_model(), "an entry of others", "left alone"), "no error");
}

TEST_F(ModelFile, RefusesEntriesThatAreMissingOrWrong) {
  for (const char* key : {"format_version", "model", "task", "features", "columns"})
    EXPECT_EQ(without(key), std::string("m: found no ") + key + " in __metadata__; expected that of a model");
  EXPECT_EQ(without("class_names"), "m: found 0 class_names for a classification; expected two or more");
  const TrainedModel model = full_model();
  EXPECT_EQ(with(model, "format_version", "1.5"),
            "m: found format_version '1.5' in __metadata__; expected a whole number from 1");
  EXPECT_EQ(with(model, "task", "ranking"),
            "m: found task 'ranking' in __metadata__; expected classification or regression");
  EXPECT_EQ(with(model, "features", "none"),
            "m: found features 'none' in __metadata__; expected dense or sparse");
  for (const char* columns : {"0", "-1", "1e300", "x", ""})
    EXPECT_EQ(with(model, "columns", columns), "m: found columns '" + std::string(columns) +
                                                   "' in __metadata__; expected a whole number from 1");
  EXPECT_EQ(
      with(model, "model", "mpl:3"),
      "m: found model 'mpl:3' in __metadata__; expected a model that there is (unknown model 'mpl': did "
      "you mean 'mlp'? (known: linear, logistic, softmax, mlp))");
  EXPECT_EQ(with(model, "model", "logistic"),
            "m: found model 'logistic' in __metadata__; expected one that fits the task (model = logistic: "
            "predicts two classes, but the targets of m are 3 classes; use softmax or mlp:64)");
  for (const char* names : {"a", "[]", "[1,2]", R"({"a":"b"})", "[\"a\""})
    EXPECT_EQ(with(model, "class_names", names), "m: found class_names '" + std::string(names) +
                                                     "' in __metadata__; expected a list of texts in JSON");
  EXPECT_EQ(with(model, "class_names", R"(["a","b","a"])"),
            R"(m: found class_names '["a","b","a"]' in __metadata__; expected each name once)");
  EXPECT_EQ(with(model, "feature_names", R"(["a"])"),
            "m: found 1 feature_names; expected 2, one for each of the columns");
  EXPECT_EQ(with(hashed_model(), "class_names", R"(["a","b"])"),
            "m: found 2 class_names for a regression; expected none");
  EXPECT_EQ(
      with(hashed_model(), "hashing", "{}"),
      "m: found hashing '{}' in __metadata__; expected bits and seed, numbers, with_sign and numbers_too, "
      "true or false, in JSON");
  const std::string wide = R"({"bits":3,"seed":0,"with_sign":true,"numbers_too":true})";
  EXPECT_THAT(with(hashed_model(), "hashing", wide),
              testing::EndsWith("expected 2^bits = columns, which are 4, and sparse features"));
}

TEST_F(ModelFile, RefusesTensorsThatDoNotAgree) {
  const auto tensors = [&](const TrainedModel& model, auto spoil) {
    return refusal(model, [&](Metadata&, std::vector<Tensor>& all) { spoil(all); });
  };
  const auto named = [](std::vector<Tensor>& all, const char* name) {
    return std::find_if(all.begin(), all.end(), [&](const Tensor& t) { return t.name == name; });
  };
  EXPECT_EQ(with(full_model(), "columns", "3"),
            "m: found 2 feature_names; expected 3, one for each of the columns");
  EXPECT_EQ(with(full_model(), "model", "mlp:4,2"),
            "m, tensor 'layer1.weights': found F32 of the shape [2, 3]; expected F32 of the shape [2, 4]");
  // Nothing of this size is asked for before it is seen that the file does not have it.
  EXPECT_EQ(
      with(full_model(), "model", "mlp:65536,65536,65536"),
      "m, tensor 'layer1.weights': found F32 of the shape [2, 3]; expected F32 of the shape [2, 65536]");
  EXPECT_EQ(with(full_model(), "model", "mlp:3"),
            "m, tensor 'layer2.weights': found F32 of the shape [3, 2]; expected F32 of the shape [3, 3]");
  EXPECT_EQ(tensors(full_model(), [&](auto& all) { all.erase(named(all, "layer2.bias")); }),
            "m: found no tensor 'layer2.bias'; expected one of this name");
  EXPECT_EQ(tensors(full_model(), [&](auto& all) { all.erase(named(all, "features.shift")); }),
            "m: found no tensor 'features.shift'; expected one of this name");
  EXPECT_EQ(tensors(hashed_model(),
                    [&](auto& all) {
                      all.push_back({"more", checkpoint::Dtype::u8, {0}, {}});
                    }),
            "m: found the tensor 'more'; expected no others than those of linear: weights, bias, "
            "features.factor, target.mean, target.scale");
  const std::array<float, 1> bad{std::numeric_limits<float>::infinity()};
  EXPECT_EQ(tensors(hashed_model(),
                    [&](auto& all) { *named(all, "bias") = checkpoint::tensor_of<float>("bias", bad, {1}); }),
            "m, tensor 'bias': found inf at place 0; expected finite numbers");
  const std::array<double, 1> zero{0};
  EXPECT_EQ(tensors(hashed_model(),
                    [&](auto& all) {
                      *named(all, "target.scale") = checkpoint::tensor_of<double>("target.scale", zero, {});
                    }),
            "m, tensor 'target.scale': found 0; expected a number over 0");
}

TEST_F(ModelFile, TellsBeforehandWhatCannotBeWritten) {
  const auto error = [&](const std::string& path, const TrainedModel& model) {
    return data::error_of(folder, [&] { check_model_path(path, model); });
  };
  TrainedModel model = full_model();
  EXPECT_EQ(error(folder.path() + "/m", model), "no error");
  EXPECT_FALSE(std::filesystem::exists(folder.path() + "/m"));
  EXPECT_THAT(error(folder.path() + "/none/m", model), testing::HasSubstr("none/m: found no folder '"));
  model.class_names[0] = "caf\xE9";
  EXPECT_EQ(error(folder.path() + "/m", model),
            "m: found text that is not UTF-8 to be written ('caf\xE9'); expected names in UTF-8");
}

}  // namespace
}  // namespace thalweg::workbench::model_file_test
