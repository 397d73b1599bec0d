#include "workbench/lr_find_table.h"

#include <cmath>

#include <fmt/format.h>

#include <thalweg/registry.h>

#include "data/load.h"
#include "workbench/train.h"

namespace thalweg::workbench {
namespace {

constexpr int lowest_rate = -16, highest_rate = 8;  // exponents of the sweep's rates, in quarters of a decade

/// The mean training loss over all epochs and seeds; infinite where a run diverged.
double sweep_loss(const data::Split& split, const models::ModelSpec& model, TrainOptions options) {
  double sum = 0;
  for (std::size_t seed = 0; seed < sweep_seeds; ++seed) {
    options.seed = 10 + seed;  // not those of the test
    const TrainRecord record = train(split, model, options);
    if (record.divergence) return std::numeric_limits<double>::infinity();
    for (const EpochRecord& epoch : record.epochs) sum += epoch.train_loss;
  }
  return sum / static_cast<double>(sweep_seeds * options.epochs);
}

}  // namespace

std::vector<RateCase> rate_cases() {
  std::vector<RateCase> all;
  for (const data::BundledInfo& info : data::bundled()) {
    const bool regression = info.task == data::Task::regression;
    const std::string linear = regression ? "linear" : info.classes == 2 ? "logistic" : "softmax";
    for (const std::string& model : {linear, std::string(info.name == "digits" ? "mlp:64" : "mlp:16")})
      for (const char* optimizer : {"sgd", "momentum", "adam"}) all.push_back({info.name, model, optimizer});
  }
  return all;
}

RateComparison compare_with_sweep(const RateCase& what) {
  data::LoadOptions load;
  load.standardize = load.standardize_target = true;
  const data::Split split = data::load_split(what.data, load);
  const models::ModelSpec model = models::make_model(what.model);
  TrainOptions options;
  options.optimizer = make_rule(what.optimizer);
  options.epochs = sweep_epochs;
  options.threads = 1;  // these are too small to share

  RateComparison result{what, 0, 0, 0, 0, std::numeric_limits<double>::infinity(), 0};
  const RateTest test = find_rate(split, model, options);
  result.found = test.suggestion.value_or(0);
  result.low = test.low;
  result.high = test.high;
  double nearest = std::numeric_limits<double>::infinity();
  for (int quarter = lowest_rate; quarter <= highest_rate; ++quarter) {
    const double rate = std::pow(10, quarter / 4.0);
    options.optimizer.set("lr", rate);
    const double loss = sweep_loss(split, model, options);
    if (loss < result.best_loss) {
      result.best_loss = loss;
      result.best = rate;
    }
    const double off = std::abs(std::log(rate / result.found));
    if (off < nearest) {
      nearest = off;
      result.found_loss = loss;
    }
  }
  return result;
}

std::string rate_table(const std::vector<RateComparison>& comparisons) {
  std::string text =
      "| data | model | optimizer | best of the sweep | found | by the repeats | found / best | loss with it "
      "|\n"
      "| --- | --- | --- | ---: | ---: | ---: | ---: | ---: |\n";
  for (const RateComparison& one : comparisons) {
    text += fmt::format("| {} | {} | {} | {:.2g} | {:.2g} | {:.2g} to {:.2g} | {:.2f} | {:+.0f} % |\n",
                        one.what.data, one.what.model, one.what.optimizer, one.best, one.found, one.low,
                        one.high, one.found / one.best, 100 * (one.found_loss / one.best_loss - 1));
  }
  return text;
}

}  // namespace thalweg::workbench
