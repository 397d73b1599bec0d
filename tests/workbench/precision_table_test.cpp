// What a training loses where numbers are stored in fewer bits, as docs/precision.md shows it.
// THALWEG_WRITE_DOCS=1 writes it there.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <thalweg/registry.h>
#include <thalweg/thread_pool.h>

#include "data/load.h"
#include "workbench/train.h"

namespace thalweg::workbench::precision_table_test {
namespace {

constexpr const char* begin_mark = "<!-- table: tests/workbench/precision_table_test.cpp -->\n";
constexpr const char* end_mark = "<!-- end of table -->";
constexpr std::size_t seeds = 5, slots = 2;  // Adam's

struct Case {
  TrainPrecision precision;
  double train = 0, validation = 0, accuracy = 0;  ///< means
};

std::vector<Case> cases() {
  using P = Precision;
  using S = StateType;
  constexpr Rounding nearest = Rounding::nearest, stochastic = Rounding::stochastic;
  std::vector<Case> all;
  const auto add = [&](const TrainPrecision& precision) { all.push_back({precision}); };
  add({});
  add({.parameters = P::bfloat16});
  add({.state = S::float64});
  for (const S state : {S::bfloat16, S::int8})
    for (const Rounding rounding : {nearest, stochastic}) add({.state = state, .rounding = rounding});
  add({.parameters = P::bfloat16, .rounding = stochastic});
  add({.parameters = P::bfloat16, .master = true});
  for (const S state : {S::bfloat16, S::int8}) {
    for (const Rounding rounding : {nearest, stochastic})
      add({.parameters = P::bfloat16, .state = state, .rounding = rounding});
    add({.parameters = P::bfloat16, .state = state, .master = true, .rounding = stochastic});
  }
  add({.parameters = P::float16, .loss_scale = 1024});
  add({.parameters = P::float16, .rounding = stochastic, .loss_scale = 1024});
  add({.parameters = P::float16, .master = true});
  add({.parameters = P::float16, .master = true, .loss_scale = 1024});
  return all;
}

const char* state_text(StateType state) {
  switch (state) {
    case StateType::float64:
      return "float64";
    case StateType::bfloat16:
      return "bfloat16";
    case StateType::int8:
      return "int8";
    default:
      return "float32";
  }
}

/// Of parameter, gradient, state and master copy, per parameter.
double bytes(const TrainPrecision& p) {
  const double number = p.parameters == Precision::float32 ? 4 : 2;
  const std::map<StateType, double> state{{StateType::float32, 4},
                                          {StateType::float64, 8},
                                          {StateType::bfloat16, 2},
                                          {StateType::int8, 1 + 4.0 / 256}};
  return 2 * number + (p.master ? 4 : 0) + slots * state.at(p.state);
}

/// The cells that name a case.
std::string head(const TrainPrecision& p) {
  const bool rounds =
      p.parameters != Precision::float32 || p.state == StateType::bfloat16 || p.state == StateType::int8;
  return fmt::format("| {} | {} | {} | {} | {} | {:.3g} |", precision_name(p.parameters),
                     p.master ? "yes" : "", state_text(p.state),
                     !rounds                              ? ""
                     : p.rounding == Rounding::stochastic ? "stochastic"
                                                          : "nearest",
                     p.loss_scale == 1 ? "" : fmt::format("{}", p.loss_scale), bytes(p));
}

std::string table(const std::vector<Case>& all) {
  std::string text =
      "| parameters | master | state | rounding | loss scale | bytes | training loss | validation loss | "
      "accuracy |\n"
      "| --- | --- | --- | --- | ---: | ---: | ---: | ---: | ---: |\n";
  for (const Case& one : all)
    text += fmt::format("{} {:.5f} | {:.4f} | {:.2f} % |\n", head(one.precision), one.train, one.validation,
                        100 * one.accuracy);
  return text;
}

/// As `thalweg train --optimizer adam:lr=0.003 --seed SEED`.
TrainRecord trained(const TrainPrecision& precision, std::uint64_t seed) {
  data::LoadOptions load;
  load.seed = seed;
  load.standardize = load.standardize_target = true;
  TrainOptions options;
  options.optimizer = make_rule("adam:lr=0.003");
  options.cooldown = 0.3;
  options.seed = seed;
  options.threads = 1;
  options.precision = precision;
  return train(data::load_split("digits", load), models::make_model("mlp:64"), options);
}

TEST(PrecisionTable, IsAsThePageSays) {
  std::vector<Case> all = cases();
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(NDEBUG)
  all.resize(2);  // slow there, and the same code
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
  all.resize(2);
#endif
#endif
  std::vector<TrainRecord> records(all.size() * seeds);
  ThreadPool pool;
  pool.run(records.size(), [&](std::size_t i) { records[i] = trained(all[i / seeds].precision, i % seeds); });
  for (std::size_t i = 0; i < records.size(); ++i) {
    ASSERT_FALSE(records[i].divergence) << head(all[i / seeds].precision);
    all[i / seeds].train += records[i].train->loss / seeds;
    all[i / seeds].validation += records[i].validation->loss / seeds;
    all[i / seeds].accuracy += records[i].validation->metric / seeds;
  }

  // What the page says in words.
  for (const Case& one : all) {
    const TrainPrecision& p = one.precision;
    const double more = one.train / all.front().train;
    const bool narrow = p.parameters != Precision::float32 && !p.master;
    if (p.rounding == Rounding::stochastic || p.master || p.state == StateType::float64) {
      EXPECT_NEAR(more, 1, 0.1) << head(p);
    } else if (narrow) {
      EXPECT_GT(more, p.parameters == Precision::bfloat16 ? 3 : 1.1) << head(p);
    } else if (p.state == StateType::bfloat16) {
      EXPECT_GT(more, 1.15) << head(p);
    }
  }

  const std::string path = std::string(THALWEG_SOURCE) + "/docs/precision.md";
  std::ifstream file(path, std::ios::binary);
  std::string page{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const std::size_t begin = page.find(begin_mark) + std::string(begin_mark).size(), end = page.find(end_mark);
  ASSERT_NE(end, std::string::npos);
  if (std::getenv("THALWEG_WRITE_DOCS") != nullptr) {
    ASSERT_EQ(all.size(), cases().size());
    std::ofstream(path, std::ios::binary) << page.replace(begin, end - begin, table(all));
    return;
  }
  const std::string shown = page.substr(begin, end - begin);
  for (const Case& one : all) {
    const std::string wanted = "\n" + head(one.precision);
    const std::size_t at = shown.find(wanted);
    ASSERT_NE(at, std::string::npos) << wanted;
    double train = 0, validation = 0, accuracy = 0;
    ASSERT_EQ(
        std::sscanf(shown.c_str() + at + wanted.size(), " %lf | %lf | %lf", &train, &validation, &accuracy),
        3);
    // Not to the letter: the matrix product rounds differently on another processor.
    EXPECT_NEAR(train / one.train, 1, 0.1) << wanted;
    EXPECT_NEAR(validation / one.validation, 1, 0.1) << wanted;
    EXPECT_NEAR(accuracy, 100 * one.accuracy, 1) << wanted;
  }
  EXPECT_EQ(static_cast<std::size_t>(std::count(shown.begin(), shown.end(), '\n')), cases().size() + 2);
}

}  // namespace
}  // namespace thalweg::workbench::precision_table_test
