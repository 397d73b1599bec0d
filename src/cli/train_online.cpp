#include "cli/train_online.h"

#include <cstdio>
#include <filesystem>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <thalweg/error.h>

#include "cli/interruption.h"
#include "cli/table.h"
#include "cli/text.h"
#include "data/files.h"
#include "workbench/model_file.h"
#include "workbench/online.h"

namespace thalweg::cli {
namespace {

using Json = nlohmann::ordered_json;
using models::Scores;
using workbench::OnlineRecord;
using workbench::ProgressiveRow;

/// A metric by its name, and as text.
struct Metric {
  explicit Metric(data::Task task) : numbers(task == data::Task::regression) {}
  [[nodiscard]] const char* name() const { return numbers ? "rmse" : "accuracy"; }
  [[nodiscard]] std::string text(const Scores& scores) const {
    return numbers ? short_number(scores.metric, 4) : fmt::format("{:.2f} %", 100 * scores.metric);
  }
  bool numbers;
};

/// The progressive table, printed line by line.
class ProgressLines {
 public:
  ProgressLines(const Session& session, data::Task task)
      : metric_(task),
        json_(session.options.json),
        shown_(!session.options.quiet),
        wide_(session.terminal.width >= 60) {
    if (json_ || !shown_) return;
    const char* const last = wide_ ? "since last" : "last";
    fmt::print("\n{}\n{}\n", line("", "loss", "", metric_.name(), ""),
               line("examples", last, "average", last, "average"));
    std::fflush(stdout);
  }

  void operator()(const ProgressiveRow& row) const {
    if (!shown_) return;
    const auto& [examples, since_last, average] = row;
    if (json_) {
      const std::string name = metric_.name();
      const Json json{{"examples", examples},
                      {"loss_since_last", since_last.loss},
                      {"loss", average.loss},
                      {name + "_since_last", since_last.metric},
                      {name, average.metric}};
      fmt::print("{}\n", json.dump());
    } else {
      fmt::print("{}\n",
                 line(std::to_string(examples), short_number(since_last.loss, 4),
                      short_number(average.loss, 4), metric_.text(since_last), metric_.text(average)));
    }
    std::fflush(stdout);
  }

 private:
  /// Columns to the right, in 58 or 40 columns of a terminal.
  [[nodiscard]] std::string line(const std::string& examples, const std::string& loss,
                                 const std::string& mean_loss, const std::string& metric,
                                 const std::string& mean_metric) const {
    const int first = wide_ ? 10 : 8, others = wide_ ? 12 : 8;
    std::string text = fmt::format("{:>{}}{:>{}}{:>{}}{:>{}}{:>{}}", examples, first, loss, others, mean_loss,
                                   others, metric, others, mean_metric, others);
    return text.substr(0, text.find_last_not_of(' ') + 1);
  }

  Metric metric_;
  bool json_, shown_, wide_;
};

std::string counted(std::uint64_t number, const char* what) {
  return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
}

/// "2 classes (-1, 1)"
std::string classes_text(const std::vector<std::string>& classes) {
  constexpr std::size_t most = 10;
  const std::vector<std::string> some(
      classes.begin(), classes.begin() + static_cast<std::ptrdiff_t>(std::min(most, classes.size())));
  return fmt::format("{} class{} ({}{})", classes.size(), classes.size() == 1 ? "" : "es", joined(some),
                     classes.size() > most ? ", ..." : "");
}

void print_result(const Session& session, const workbench::OnlineLearner& learner, const OnlineRecord& record,
                  const std::vector<std::string>& classes) {
  const Metric metric(learner.task());
  Table table({{"progressive"}, {.title = "loss", .right = true}, {.title = metric.name(), .right = true}});
  const auto row = [&](const std::string& name, const Scores& scores) {
    table.add({name, short_number(scores.loss, 5), metric.text(scores)});
  };
  if (record.examples > 0) row(fmt::format("all of {}", counted(record.examples, "example")), record.average);
  if (record.in_window < record.examples) row(fmt::format("the last {}", record.in_window), record.window);
  if (!session.options.quiet) fmt::print("\n");
  if (!table.empty()) fmt::print("{}", table.text(session.terminal));
  std::string end = fmt::format("{}; {}, {}", record.stop_text(), counted(record.steps, "step"),
                                counted(learner.columns(), "feature"));
  if (!metric.numbers) end += ", " + classes_text(classes);
  end += ", " + duration(record.seconds);
  if (const std::string done = record.non_finite.text(); !done.empty()) end += "; " + done;
  fmt::print("{}", paragraph(end, session.terminal.width));
}

Json json_of(const std::string& data, const TrainingOptions& training,
             const workbench::OnlineLearner& learner, const OnlineRecord& record, std::uint64_t batch,
             const std::vector<std::string>& classes) {
  const std::string name = Metric(learner.task()).name();
  Json json{{"data", data},
            {"model", learner.model().text()},
            {"optimizer", training.step.rule().text()},
            {"parameters", learner.size()},
            {"batch", batch},
            {"examples", record.examples},
            {"columns", learner.columns()},
            {"classes", classes},
            {"loss", record.average.loss},
            {name, record.average.metric},
            {"window", record.in_window},
            {"window_loss", record.window.loss},
            {"window_" + name, record.window.metric},
            {"steps", record.steps},
            {"seconds", record.seconds},
            {"stopped", workbench::stop_name(record.stop)},
            {"why", record.stop_text()}};
  if (record.divergence)
    json["diverged"] = {{"step", record.divergence->step}, {"what", record.divergence->what}};
  json["skipped_steps"] = record.non_finite.skipped;
  json["clipped_entries"] = record.non_finite.clipped;
  return json;
}

}  // namespace

void print_saved(const Session& session, const std::string& file, bool saved) {
  if (file.empty()) return;
  if (!saved)
    fmt::print(stderr, "thalweg: a training that diverged leaves no model: {} is not written\n", file);
  else if (!session.options.quiet)
    fmt::print("{}", paragraph("model written to " + file, session.terminal.width));
}

int train_online(const Session& session, const TrainingOptions& training, const StreamingOptions& streaming,
                 const CheckpointOptions& kept, const std::string& save, const Arguments& arguments) {
  const models::ModelSpec model = models::make_model(training.model);
  const std::uint64_t batch = arguments.given("--batch") ? training.batch : 1;
  data::StreamOptions source = streaming.source();
  source.task = workbench::task_of(model);
  if (model.kind == models::ModelSpec::Kind::logistic) source.most_classes = 2;
  source.source.stop = Interruption::was_noted;

  const Interruption interruption;
  const workbench::OnlineOptions how = online_options(training, session.options);
  std::optional<workbench::TrainedModel> start;
  if (!streaming.from.empty()) {
    start = workbench::read_model(streaming.from);
    source.classes = start->class_names;
    source.hashing = start->hashing;
  }
  if (!save.empty()) data::check_writable(save);
  const std::string path = training.source == "-" ? "-" : data::find_stream_files(training.source).train;
  if (path != "-" && !std::filesystem::exists(path)) data::missing_file(path);  // before a folder is made
  const std::string stream_name = path == "-" ? "standard input" : path;
  workbench::OnlineRun run;
  run.batch = batch;
  run.window = streaming.window;
  std::optional<workbench::TrainCheckpoints> checkpoints;
  if (kept.given()) {
    auto keep = kept.options();
    keep.is_interrupted = nullptr;  // that ends the stream
    checkpoints.emplace(std::move(keep), workbench::run_settings(model, how, run, source, streaming.from));
    run.checkpoints = &*checkpoints;
    source.checksum = true;
    std::string after;
    if (const thalweg::Checkpoint* const resumed = checkpoints->resumed()) {
      workbench::OnlineBefore before = workbench::online_before(*resumed);
      after = counted(before.lines, "line");
      source.may_be_empty = before.lines > 0;  // nothing may have come since
      if (source.classes.empty()) source.known = std::move(before.classes);
      start.reset();
    }
    if (!session.options.quiet) kept.print_start(*checkpoints, after);
  }
  workbench::OnlineLearner learner =
      start ? workbench::OnlineLearner(model, how, *start) : workbench::OnlineLearner(model, how);
  data::SparseStream stream(path, source);
  run.in_file = path != "-" && stream.can_rewind();
  learner.reserve(stream.columns(), stream.classes().size());
  if (!session.options.json && !session.options.quiet) {
    fmt::print("{}", paragraph(fmt::format("{}: learning from each line as it comes; {} with {}, {} a step",
                                           session.terminal.bold(stream_name), training.model,
                                           training.step.rule().text(), counted(batch, "line")),
                               session.terminal.width));
  }
  const ProgressLines lines(session, learner.task());
  if (training.max_steps > 0) run.max_steps = training.max_steps;
  run.max_seconds = training.max_seconds;
  run.interrupted = Interruption::was_noted;
  run.line = lines;
  OnlineRecord record;
  try {
    record = workbench::learn_online(learner, stream, run);
  } catch (const Error&) {
    if (checkpoints && !checkpoints->last().empty() && !session.options.quiet)
      fmt::print(
          stderr,
          "thalweg: what was learned before is in {}: the same command with --resume {} goes on from there\n",
          checkpoints->last(), kept.options().folder);
    throw;
  }
  const bool saved = !save.empty() && !record.divergence;
  // What was learned is told before the model is written, which may fail.
  if (!session.options.json) print_result(session, learner, record, stream.classes());
  if (saved)
    workbench::write_model(save,
                           workbench::trained_model(learner, stream_name, stream.classes(), source.hashing));
  if (session.options.json) {
    Json json = json_of(path, training, learner, record, batch, stream.classes());
    if (!save.empty()) json["saved"] = saved ? Json(save) : Json();
    if (checkpoints) json["checkpoints"] = CheckpointOptions::json(*checkpoints);
    fmt::print("{}\n", json.dump());
  } else {
    print_saved(session, save, saved);
  }
  return record.divergence ? Exit::missed : Exit::done;
}

}  // namespace thalweg::cli
