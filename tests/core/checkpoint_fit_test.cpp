// Checkpoints that do not fit, and files that are damaged: what load() says, and that nothing has changed.

#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <thalweg/registry.h>
#include <thalweg/rules.h>

#include "checkpoint/crc32.h"
#include "checkpoint/tensor_file.h"
#include "checkpoint_files.h"
#include "errors.h"

namespace thalweg::checkpoint_fit_test {
namespace {

using test::Scratch;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// The input Error of an action without the folder's path.
std::string refusal(const Scratch& scratch, const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    std::string text = error.what();
    const std::string folder = scratch.path("");
    for (std::size_t at = text.find(folder); at != text.npos; at = text.find(folder))
      text.erase(at, folder.size());
    return (error.kind == Error::Kind::input ? "" : "(usage) ") + text;
  }
  return "no error";
}

/// Adam on two tensors after three steps, saved as "a".
struct Saved {
  Saved() : optimizer(Adam{.lr = 0.5}) {
    optimizer.add("w", w);
    optimizer.add("b", b);
    for (int t = 0; t < 3; ++t) optimizer.step({std::vector<float>{1, -2, 3}, std::vector<float>{0.5F}});
    optimizer.save(path);
  }
  Scratch scratch;
  std::string path = scratch.path("a");
  std::vector<float> w{1, 2, 3}, b{4};
  Optimizer optimizer;
};

TEST(Loading, ListsAllThatDoesNotFitAndChangesNothing) {
  const Saved saved;
  std::vector<float> w{7, 7}, c{8};
  std::vector<double> b{9};
  Optimizer other(Adam{.lr = 0.25});
  other.add("w", w);
  other.add("b", b);
  other.add("c", c);
  other.transform(make_transform("clip_norm:max=2"));
  other.schedule("lr", make_schedule("cosine:steps=5"));
  EXPECT_EQ(
      refusal(saved.scratch, [&] { other.load(saved.path); }),
      "a: found adam:lr=0.5 (adam:lr=0.25 here); schedule of lr: nothing (cosine:steps=5 here); "
      "transform 1: nothing (clip_norm:max=2 here); tensor 'w' of 3 parameters (2 here); tensor 'b' in "
      "float32 (float64 here); tensor 'b': adam:lr=0.5 (adam:lr=0.25 here); m of tensor 'b' in float32 "
      "(float64 here); v of tensor 'b' in float32 (float64 here); no tensor 'c' of 1 parameter; expected "
      "what this optimizer has; LoadOptions{.convert = true} rounds numbers to the types here; "
      "LoadOptions{.own_settings = true} takes the settings here");
  EXPECT_THAT(w, ElementsAre(7, 7));
  EXPECT_THAT(b, ElementsAre(9));
  EXPECT_EQ(other.steps(), 0U);
  EXPECT_THAT(other.slot_values("w", "m"), ElementsAre(0, 0));
  Optimizer less(Adam{.lr = 0.5});
  less.add("w", w);
  EXPECT_EQ(refusal(saved.scratch, [&] { less.load(saved.path, {.convert = true, .own_settings = true}); }),
            "a: found tensor 'w' of 3 parameters (2 here); tensor 'b' of 1 parameter, which is not here; "
            "expected what this optimizer has");
  Optimizer rule(SGD{});
  rule.add("w", w);
  EXPECT_EQ(refusal(saved.scratch, [&] { rule.load(saved.path); }),
            "a: found a checkpoint of adam (sgd here); tensor 'w' of 3 parameters (2 here); tensor 'b' of 1 "
            "parameter, which is not here; expected what this optimizer has");
}

TEST(Loading, TellsDenseFromSparseAndTheOrderOfTensors) {
  const Saved saved;
  std::vector<float> w{7, 7, 7}, b{8};
  Optimizer sparse(Adam{.lr = 0.5});
  sparse.add_sparse("w", w);
  sparse.add("b", b);
  EXPECT_EQ(refusal(saved.scratch, [&] { sparse.load(saved.path); }),
            "a: found tensor 'w', which is dense (sparse here); expected what this optimizer has");
  Optimizer turned(Adam{.lr = 0.5});
  turned.add("b", b);
  turned.add("w", w);
  EXPECT_EQ(
      refusal(saved.scratch, [&] { turned.load(saved.path); }),
      "a: found tensor 0: 'w' ('b' here); expected what this optimizer has; LoadOptions{.own_settings = "
      "true} takes the settings here");
  turned.load(saved.path, {.own_settings = true});
  EXPECT_EQ(w, saved.w);
  EXPECT_EQ(turned.slot_values("w", "v"), saved.optimizer.slot_values("w", "v"));
}

TEST(Loading, TakesSettingsOfItsOwnWhereAsked) {
  const Saved saved;
  std::vector<float> w{7, 7, 7}, b{8};
  Optimizer other(Adam{.lr = 0.125});
  other.add("w", w);
  other.add("b", b, {.lr = 0.0});
  other.load(saved.path, {.own_settings = true});
  EXPECT_EQ(w, saved.w);
  EXPECT_EQ(other.steps(), 3U);
  EXPECT_EQ(other.value("lr"), 0.125);
  EXPECT_EQ(other.value("lr", "b"), 0);
  EXPECT_EQ(other.slot_values("w", "m"), saved.optimizer.slot_values("w", "m"));
  other.step({std::vector<float>{1, 1, 1}, std::vector<float>{1}});
  EXPECT_EQ(b, saved.b);
}

// Float to double is exact, and double to float rounds each number once.
TEST(Loading, ConvertsWhereAsked) {
  const Saved saved;
  std::vector<double> w{7, 7, 7}, b{8};
  Optimizer wide(Adam{.lr = 0.5});
  wide.add("w", w);
  wide.add("b", b);
  wide.load(saved.path, {.convert = true});
  EXPECT_THAT(w, ElementsAre(saved.w[0], saved.w[1], saved.w[2]));
  EXPECT_EQ(wide.slot_values("w", "m"), saved.optimizer.slot_values("w", "m"));
  wide.step({std::vector<double>{0.1, 0.2, 0.3}, std::vector<double>{0.7}});
  wide.save(saved.scratch.path("b"));
  std::vector<float> narrow{7, 7, 7}, c{8};
  Optimizer back(Adam{.lr = 0.5}, Storage{.state = StateType::bfloat16, .rounding = Rounding::stochastic});
  back.add("w", narrow);
  back.add("b", c);
  back.load(saved.scratch.path("b"), {.convert = true, .own_settings = true});
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(narrow[i], static_cast<float>(w[i]));
    EXPECT_EQ(back.slot_values("w", "m")[i],
              static_cast<double>(bfloat16(static_cast<float>(wide.slot_values("w", "m")[i]))));
  }
}

TEST(Loading, ConvertsBetweenCopiesAndBytes) {
  const Scratch scratch;
  std::vector<bfloat16> theta(300, bfloat16(1.0F));
  const std::vector<float> gradient(300, 0x1p-7F);
  Optimizer from(Momentum{.lr = 0.25}, Storage{.state = StateType::int8, .master = true});
  from.add("theta", theta);
  for (int t = 0; t < 3; ++t) from.step({gradient});
  from.save(scratch.path("a"));
  std::vector<float> wide(300);
  Optimizer to(Momentum{.lr = 0.25});
  to.add("theta", wide);
  EXPECT_THAT(refusal(scratch, [&] { to.load(scratch.path("a")); }),
              HasSubstr("tensor 'theta' with a copy in float32 (none here); v of tensor 'theta' in int8"));
  to.load(scratch.path("a"), {.convert = true});
  EXPECT_EQ(to.slot_values("theta", "v"), from.slot_values("theta", "v"));
  EXPECT_NE(wide[0], static_cast<float>(theta[0]));  // the copy had more bits
  EXPECT_EQ(bfloat16(wide[0]), theta[0]);
  from.load(scratch.path("a"));
  to.save(scratch.path("b"));
  std::vector<bfloat16> again(300);
  Optimizer back(Momentum{.lr = 0.25}, Storage{.state = StateType::int8, .master = true});
  back.add("theta", again);
  back.load(scratch.path("b"), {.convert = true});
  EXPECT_EQ(again, theta);
  EXPECT_EQ(back.slot_values("theta", "v"), from.slot_values("theta", "v"));
}

TEST(Saving, IsRefusedWhereItCouldNotGoOn) {
  const Scratch scratch;
  std::vector<float> x{1};
  Optimizer optimizer(Nesterov{});
  optimizer.add("x", x);
  optimizer.look_ahead();
  EXPECT_USAGE_ERROR(
      optimizer.save(scratch.path("a")),
      "save() = : the parameters are at the look-ahead point: step() or come_back() comes first");
  optimizer.begin_step();
  EXPECT_USAGE_ERROR(optimizer.save(scratch.path("a")),
                     "save() = : a step has begun: end_step() or cancel_step() comes first");
  optimizer.cancel_step();
  EXPECT_EQ(refusal(scratch, [&] { optimizer.save(scratch.path("no/a")); }),
            "no/a: found no folder 'no'; expected a path in an existing folder");
  Optimizer named(SGD{});
  named.add("caf\xE9", x);
  EXPECT_THAT(refusal(scratch, [&] { named.save(scratch.path("a")); }), HasSubstr("names in UTF-8"));
}

std::string with(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

void write(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

/// The file with the checksum that its bytes have.
std::string summed(std::string bytes) {
  const std::string before = R"("checksum":"crc32:)";
  const std::size_t at = bytes.find(before) + before.size();
  bytes.replace(at, 8, "00000000");
  char digits[9];
  std::snprintf(digits, sizeof digits, "%08x", checkpoint::crc32(bytes));
  return bytes.replace(at, 8, digits);
}

// Whatever bit of a file is wrong, and wherever it is cut off, it is refused.
TEST(Damaged, EveryBitCounts) {
  const Saved saved;
  const std::string bytes = test::bytes_of(saved.path), path = saved.scratch.path("b");
  EXPECT_EQ(summed(bytes), bytes);
  for (std::size_t at = 0; at < bytes.size(); at += at < 900 ? 7 : 1) {
    std::string broken = bytes;
    broken[at] = static_cast<char>(broken[at] ^ (1 << at % 8));
    write(path, broken);
    ASSERT_NE(refusal(saved.scratch, [&] { Checkpoint{path}; }), "no error") << at;
    if (at % 50 != 0) continue;
    write(path, bytes.substr(0, at));
    ASSERT_NE(refusal(saved.scratch, [&] { Checkpoint{path}; }), "no error") << at;
  }
  write(path, with(bytes, R"("format_version":"1")", R"("format_version":"2")"));
  EXPECT_EQ(
      refusal(saved.scratch, [&] { Checkpoint{path}; }),
      "b: found bytes that do not agree with their checksum; expected the file as it was written: it is "
      "damaged or cut off");
}

TEST(Damaged, OtherFilesAndNewerFormatsAreNamed) {
  const Saved saved;
  const std::string bytes = test::bytes_of(saved.path), path = saved.scratch.path("b");
  const auto error = [&](const std::string& from, const std::string& to) {
    write(path, summed(with(bytes, from, to)));
    return refusal(saved.scratch, [&] {
      std::vector<float> w{7, 7, 7}, b{8};
      Optimizer other(Adam{.lr = 0.5});
      other.add("w", w);
      other.add("b", b);
      other.load(path);
    });
  };
  EXPECT_THAT(error(R"("format_version":"1")", R"("format_version":"2")"),
              ::testing::MatchesRegex("b: found format version 2 of a newer thalweg .[0-9.]+.; expected "
                                      "version 1 or older, as this one writes"));
  EXPECT_EQ(error(R"("format":"thalweg.checkpoint")", R"("format":"thalweg.checkpoinT")"),
            "b: found a safetensors file that is no checkpoint of thalweg; expected a checkpoint that "
            "Optimizer::save() has written");
  EXPECT_EQ(error(R"("steps":"3")", R"("steps":"x")"),
            "b: found steps 'x' in __metadata__; expected a whole number from 0, of at most 64 bits");
  EXPECT_EQ(error(R"("group.0.joined":"0")", R"("group.0.joined":"4")"),
            "b: found group.0.joined '4' in __metadata__; expected at most 3");
  EXPECT_EQ(error(R"("tensor.1.group":"0")", R"("tensor.1.group":"1")"),
            "b: found tensor.1.group '1' in __metadata__; expected one of 1, from 0");
  EXPECT_EQ(error(R"("tensor.1.name":"b")", R"("tensor.1.name":"c")"),
            "b: found no tensor 'parameter.c'; expected one of this name");
  EXPECT_EQ(error(R"("loss_scale":"1")", R"("loss_scale":"0")"),
            "b: found loss_scale '0' in __metadata__; expected a finite number over 0");
  EXPECT_EQ(error("slot.m.b", "slot.n.b"), "b: found no m of tensor 'b'; expected what this optimizer has");
  write(path, with(bytes, R"("checksum":)", R"("checkzum":)"));
  EXPECT_EQ(refusal(saved.scratch, [&] { Checkpoint{path}; }),
            "b: found no checksum in __metadata__; expected a checkpoint that Optimizer::save() has written");
  EXPECT_EQ(refusal(saved.scratch, [&] { Checkpoint{saved.scratch.path("aa")}; }),
            "aa: found no such file; expected an existing file or folder: did you mean 'a'?");
}

// Files with a checksum that fits, whose arrays do not fit each other.
TEST(Damaged, ArraysOfAnotherSizeOrTypeAreRefused) {
  const Saved saved;
  const std::string path = saved.scratch.path("b");
  const auto error = [&](const std::string& name, checkpoint::Dtype dtype, std::size_t count) {
    const auto file = checkpoint::read_tensor_file(saved.path);
    const std::string zeros(64, '\0');
    std::vector<checkpoint::Tensor> arrays = file.tensors();
    for (checkpoint::Tensor& array : arrays) {
      if (array.name == name)
        array = {
            name, dtype, {count}, std::string_view(zeros).substr(0, count * checkpoint::dtype_size(dtype))};
    }
    checkpoint::write_checked_file(path, arrays, file.metadata());
    return refusal(saved.scratch, [&] {
      std::vector<float> w{7, 7, 7}, b{8};
      Optimizer other(Adam{.lr = 0.5});
      other.add("w", w);
      other.add("b", b);
      other.load(path, {.convert = true, .own_settings = true});
    });
  };
  using checkpoint::Dtype;
  EXPECT_EQ(error("slot.m.w", Dtype::f32, 3), "no error");
  EXPECT_EQ(error("slot.m.w", Dtype::f32, 2),
            "b: found slot.m.w of 2 numbers (3 here); expected what this optimizer has");
  EXPECT_EQ(error("slot.m.w", Dtype::f64, 4),
            "b: found slot.m.w of 4 numbers (3 here); expected what this optimizer has");
  EXPECT_EQ(error("slot.m.w", Dtype::i32, 3), "b: found slot.m.w in I32; expected what this optimizer has");
  EXPECT_EQ(error("slot.m.w", Dtype::u8, 3),
            "b: found no scales of m of tensor 'w' in float32; expected what this optimizer has");
  EXPECT_EQ(error("parameter.w", Dtype::i64, 3),
            "b: found tensor 'w' in I64; expected what this optimizer has");
}

TEST(Crc32, IsThatOfZlib) {
  EXPECT_EQ(checkpoint::crc32("123456789"), 0xCBF43926U);
  EXPECT_EQ(checkpoint::crc32(""), 0U);
  const std::string text = "The quick brown fox jumps over the lazy dog";
  EXPECT_EQ(checkpoint::crc32(text), 0x414FA339U);
  for (std::size_t cut = 0; cut <= text.size(); ++cut)
    EXPECT_EQ(checkpoint::crc32(text.substr(cut), checkpoint::crc32(text.substr(0, cut))), 0x414FA339U);
}

}  // namespace
}  // namespace thalweg::checkpoint_fit_test
