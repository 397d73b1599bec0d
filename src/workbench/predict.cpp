#include "workbench/predict.h"

#include <algorithm>
#include <filesystem>

#include <thalweg/error.h>

#include "data/csv.h"
#include "data/idx.h"
#include "data/load.h"
#include "data/npy.h"
#include "data/stream.h"
#include "data/text.h"

namespace thalweg::workbench {
namespace {

using data::Format;
using data::Labels;

/// Rows that are read from a stream at a time.
constexpr std::size_t streamed_rows = 4 * Predictor::together;

void check(const TrainedModel& model, const PredictOptions& options) {
  if (options.probabilities && model.task == data::Task::regression)
    throw usage_error("probabilities", "given", "needs a model of classes: this one predicts numbers");
  if (options.labels != Labels::read && !options.label.empty())
    throw usage_error("label", options.label, "must not be given where labels are not read");
  if (!options.label.empty() && model.sparse)
    throw usage_error("label", options.label, "cannot be chosen: LIBSVM lines begin with it");
  if (options.drop_beyond && (!model.sparse || model.hashing))
    throw usage_error("drop_beyond", "given",
                      model.hashing ? "is not needed: words are hashed into the columns that there are"
                                    : "is for models of sparse features (LIBSVM)");
}

/// How a file is written. Names that do not tell stand for what the model has learned from, where that needs
/// no name: lines of words or of LIBSVM, and what comes through a pipe.
Format format_for(const TrainedModel& model, const std::string& path) {
  const Format usual = model.sparse ? Format::libsvm : Format::csv;
  if (path == "-") return usual;
  const Format format = data::format_of(path);
  std::error_code ignored;
  const bool pipe =
      std::filesystem::exists(path, ignored) && !std::filesystem::is_regular_file(path, ignored);
  if (format == Format::unknown && (model.sparse || pipe)) return usual;
  if (format == Format::unknown)
    throw input_error(path, "an unknown kind of file (by its extension)", data::accepted_extensions());
  if ((format == Format::libsvm) != model.sparse)
    throw input_error(path, model.sparse ? "dense data" : "sparse data (LIBSVM)",
                      model.sparse ? "sparse data (LIBSVM), as the model has learned from"
                                   : "dense data (csv, idx, npy), as the model has learned from");
  return format;
}

data::Table read_table(Format format, const std::string& path, const data::KnownColumns& known) {
  if (format == Format::npy) return data::read_npy_table(path, known);
  if (format == Format::idx) {
    if (!known.chosen_label.empty())
      throw usage_error("label", known.chosen_label,
                        "cannot be chosen: " + path + " has its labels in a file beside");
    return data::read_idx(path, known);
  }
  return data::read_csv(path, known);
}

void predict_table(const TrainedModel& model, const PredictOptions& options, data::Table table,
                   Predictor& predictor, const PredictionSink& sink) {
  data::Dataset rows;
  if (!table.label.empty()) rows.target = data::targets_of(table, model.task, model.class_names);
  if (options.labels == Labels::read && !options.label.empty() && table.label.empty())
    throw usage_error("label", options.label, "is not there: " + table.file + " has no labels");
  rows.task = model.task;
  rows.features = std::move(table.features);
  predictor.standardize(rows);
  for (std::size_t begin = 0; begin < rows.rows(); begin += Predictor::together)
    sink(predictor.predict(rows, begin, std::min(Predictor::together, rows.rows() - begin)));
}

void predict_stream(const TrainedModel& model, const PredictOptions& options, const std::string& path,
                    Predictor& predictor, const PredictionSink& sink) {
  data::StreamOptions how;
  how.task = model.task;
  how.classes = model.class_names;
  how.labels = options.labels == Labels::read      ? data::StreamLabels::found
               : options.labels == Labels::ignored ? data::StreamLabels::ignored
                                                   : data::StreamLabels::none;
  how.hashing = model.hashing;
  if (!model.hashing) how.columns = model.columns;
  how.drop_beyond = options.drop_beyond;
  how.source.stop = options.stop;
  data::SparseStream stream(path, how);
  data::SparseBatch batch;
  data::Dataset rows;
  rows.task = model.task;
  rows.features = data::SparseMatrix{};
  while (stream.next(batch, streamed_rows)) {
    std::swap(std::get<data::SparseMatrix>(rows.features), batch.features);
    std::swap(rows.target, batch.target);
    predictor.standardize(rows);
    for (std::size_t begin = 0; begin < rows.rows(); begin += Predictor::together)
      sink(predictor.predict(rows, begin, std::min(Predictor::together, rows.rows() - begin)));
  }
}

}  // namespace

PredictRecord predict(const TrainedModel& model, const PredictOptions& options, const PredictionSink& sink) {
  check(model, options);
  const std::string path = options.data == "-" ? "-" : data::file_to_apply_to(options.data);
  const Format format = format_for(model, path);
  Predictor predictor(model, options.probabilities, options.threads);
  if (format == Format::libsvm) {
    predict_stream(model, options, path, predictor, sink);
  } else {
    const data::KnownColumns known{model.columns,      model.feature_names, model.label_name,
                                   model.label_column, options.label,       options.labels};
    predict_table(model, options, read_table(format, path, known), predictor, sink);
  }
  return {path == "-" ? "standard input" : path, predictor.rows(), predictor.scores()};
}

}  // namespace thalweg::workbench
