#include "workbench/compare/compare.h"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>
#include <zlib.h>

#include <thalweg/error.h>
#include <thalweg/registry.h>
#include <thalweg/thread_pool.h>

#include "data/load.h"
#include "workbench/compare/ranking.h"
#include "workbench/compare/trials.h"

namespace thalweg::workbench {
namespace {

template <class T>
void add_to_checksum(uLong& checksum, const std::vector<T>& numbers) {
  checksum = crc32_z(checksum, reinterpret_cast<const Bytef*>(numbers.data()), numbers.size() * sizeof(T));
}

void add_to_checksum(uLong& checksum, const data::DenseMatrix& matrix) {
  add_to_checksum(checksum, matrix.values);
}

void add_to_checksum(uLong& checksum, const data::SparseMatrix& matrix) {
  add_to_checksum(checksum, matrix.row_begin);
  add_to_checksum(checksum, matrix.column);
  add_to_checksum(checksum, matrix.value);
}

std::string checksum(const data::Split& split) {
  uLong sum = crc32_z(0, nullptr, 0);
  for (const data::Dataset* part : {&split.train, &split.validation, &split.test}) {
    std::visit([&](const auto& matrix) { add_to_checksum(sum, matrix); }, part->features);
    add_to_checksum(sum, part->target);
  }
  return fmt::format("{:08x}", sum);
}

void check(const CompareOptions& options) {
  for (const auto& [name, value] : {std::pair{"trials", options.trials}, std::pair{"seeds", options.seeds},
                                    std::pair{"epochs", options.epochs}}) {
    if (value == 0) throw usage_error(name, "0", "must be at least 1");
  }
}

std::vector<Participant> make_participants(const std::vector<std::string>& specifications) {
  std::vector<Participant> participants;
  for (const std::string& spec : specifications) {
    Participant participant;
    participant.contender = make_contender(spec);
    for (const Participant& other : participants) {
      if (other.contender.given == spec) throw usage_error("optimizer", spec, "given twice");
    }
    participants.push_back(std::move(participant));
  }
  for (Participant& one : participants) {
    const auto same = [&](const Participant& p) { return p.contender.optimizer == one.contender.optimizer; };
    const bool alone = std::count_if(participants.begin(), participants.end(), same) == 1;
    one.label = alone ? one.contender.optimizer : one.contender.given;
  }
  return participants;
}

Run train_once(const data::Split& split, const models::ModelSpec& model, const TrainOptions& options,
               const std::function<void()>& epoch_done) {
  const TrainRecord record = train(split, model, options, [&](const TrainProgress& progress) {
    if (progress.finished != nullptr) epoch_done();
    return true;
  });
  Run run;
  for (const EpochRecord& epoch : record.epochs)
    run.curve.push_back({epoch.epoch, epoch.train_loss, epoch.validation.value()});
  run.divergence = record.divergence;
  if (record.validation) run.result = Run::Result{*record.validation, record.test};
  run.seconds = record.seconds;
  return run;
}

}  // namespace

Comparison compare(const CompareOptions& options, const CompareObserver& observer) {
  const auto begin = std::chrono::steady_clock::now();
  check(options);
  Comparison comparison;
  comparison.options = options;
  if (options.optimizers.empty()) {
    for (const auto* rule : rules()) comparison.options.optimizers.emplace_back(rule->card.name);
  }
  comparison.participants = make_participants(comparison.options.optimizers);
  for (std::uint64_t i = 1; i <= options.seeds; ++i) comparison.seeds.push_back(options.seed + i);
  const models::ModelSpec model = models::make_model(options.model);

  data::LoadOptions load;
  load.label = options.label;
  load.test = options.test;
  load.standardize_target = true;
  load.seed = options.seed;
  const data::Split split = data::load_split(options.data, load);
  models::check_fit(model, split.train);
  comparison.data = {checksum(split),       split.train.task,   split.train.columns(),
                     split.train.classes(), split.train.rows(), split.validation.rows(),
                     split.test.rows()};
  for (const auto& tensor : models::Network<float>(model, split.train).initial(0))
    comparison.parameters += tensor.values.size();

  ThreadPool pool(options.threads);
  comparison.threads = pool.threads();
  const TrainFunction train_one = [&](const std::string& spec, std::uint64_t seed,
                                      const std::function<void()>& epoch_done) {
    TrainOptions one;
    one.optimizer = make_rule(spec);
    one.epochs = options.epochs;
    one.batch = options.batch;
    one.seed = seed;
    one.isa = options.isa;
    one.threads = 1;  // the runs are what is spread over the threads
    return train_once(split, model, one, epoch_done);
  };
  run_trials(comparison, train_one, pool, observer);
  // No test part shows a difference under one of its rows; a whole one counts, however it is rounded.
  const double row = comparison.higher_is_better() ? (1 - 1e-9) / static_cast<double>(split.test.rows()) : 0;
  comparison.ranking = rank(comparison.participants, comparison.higher_is_better(), row);
  comparison.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return comparison;
}

}  // namespace thalweg::workbench
