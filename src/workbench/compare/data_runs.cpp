#include <memory>

#include <fmt/format.h>
#include <zlib.h>

#include <thalweg/registry.h>

#include "data/load.h"
#include "workbench/compare/prepared.h"

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

Run train_once(const data::Split& split, const models::ModelSpec& model, const TrainOptions& options,
               const std::function<void()>& epoch_done) {
  const TrainRecord record = train(split, model, options, [&](const TrainProgress& progress) {
    if (progress.finished != nullptr) epoch_done();
    return true;
  });
  Run run;
  run.start = record.start;
  double seconds = 0;
  for (const EpochRecord& epoch : record.epochs) {
    seconds += epoch.seconds;
    run.curve.push_back({epoch.epoch, epoch.train_loss, epoch.validation.value(), seconds});
  }
  run.divergence = record.divergence;
  if (record.validation) run.result = Run::Result{*record.validation, record.test};
  run.seconds = record.seconds;
  return run;
}

}  // namespace

Prepared prepare_data(const CompareOptions& options) {
  const models::ModelSpec model = models::make_model(options.model);
  data::LoadOptions load;
  load.label = options.label;
  load.test = options.test;
  load.standardize_target = true;
  load.seed = options.seed;
  const auto split = std::make_shared<const data::Split>(data::load_split(options.data, load));
  models::check_fit(model, split->train);

  Prepared prepared;
  prepared.split = split;
  prepared.data = {checksum(*split),       split->train.task,   split->train.columns(),
                   split->train.classes(), split->train.rows(), split->validation.rows(),
                   split->test.rows()};
  for (const auto& tensor : models::Network<float>(model, split->train).initial(0))
    prepared.parameters += tensor.values.size();
  const std::size_t rows = split->train.rows();
  const std::size_t batch = options.batch == 0 ? rows : std::min<std::size_t>(options.batch, rows);
  prepared.steps_per_epoch = (rows + batch - 1) / batch;
  // No test part shows a difference under one of its rows; a whole one counts, however it is rounded.
  if (split->train.task == data::Task::classification)
    prepared.resolution = (1 - 1e-9) / static_cast<double>(split->test.rows());
  prepared.train = [split, model, batch = options.batch, isa = options.isa](
                       const RunRequest& request, const std::function<void()>& epoch_done) {
    TrainOptions one;
    one.optimizer = make_rule(request.spec);
    one.epochs = request.epochs;
    one.batch = batch;
    one.seed = request.seed;
    one.isa = isa;
    one.threads = 1;  // the runs are what is spread over the threads
    return train_once(*split, model, one, epoch_done);
  };
  return prepared;
}

Prepared prepare(const CompareOptions& options) {
  return options.is_function() ? prepare_function(options) : prepare_data(options);
}

}  // namespace thalweg::workbench
