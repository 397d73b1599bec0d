#include "workbench/train.h"

#include <algorithm>
#include <cstdio>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <thalweg/error.h>

#include "cli/arguments.h"
#include "cli/checkpoint_options.h"
#include "cli/command.h"
#include "cli/diagnosis.h"
#include "cli/interruption.h"
#include "cli/language.h"
#include "cli/streaming_options.h"
#include "cli/table.h"
#include "cli/text.h"
#include "cli/train_online.h"
#include "cli/training_diagnosis.h"
#include "cli/training_options.h"
#include "workbench/model_file.h"
#include "workbench/stream_train.h"

namespace thalweg::cli {
namespace {

using Json = nlohmann::ordered_json;
using models::Scores;
using workbench::TrainRecord;
using workbench::diagnosis::Diagnosis;
using workbench::diagnosis::TrainingWatch;

class Train : public Command {
 public:
  About about() const override {
    return {
        "train",
        "train a model on data with an optimizer",
        "The data are a bundled set (thalweg list data), a file (" + data::accepted_extensions() +
            ") or a folder. They are split by --seed into training, validation and test part unless --test "
            "or the data bring a test "
            "set; features are standardized with what the training part says. Scores are of the last "
            "parameters, or of the best ones on "
            "the validation part with --patience. A LIBSVM file that is larger than memory is read from disk "
            "in "
            "every epoch with --stream, and lines that come one by one are learned from with --online. Exits "
            "with 1 if the training diverged or missed --target.",
        {{"train", "A small network on the bundled digits, with Adam:"},
         {"train --data iris --model softmax --optimizer sgd:lr=0.1",
          "A softmax regression with plain gradient descent:"},
         {"train --data a9a.svm.gz --test a9a.t.svm.gz --model logistic",
          "Sparse features, with a test set of its own:"},
         {"train --data houses.csv --label price --model linear", "A column to predict, by name:"},
         {"train --schedule \"warmup:steps=100 | cosine:steps=800\" --transform clip_norm:max=1",
          "Warm-up, annealing and clipping:"},
         {"train --parameters bfloat16 --master --state bfloat16 --rounding stochastic",
          "Numbers in 16 bits (docs/precision.md):"},
         {"train --stream --data big.svm --test big.t.svm --model logistic --epochs 3",
          "A file larger than memory, batch by batch:"},
         {"train --online --data - --model logistic --optimizer adagrad:lr=0.1 < clicks.svm",
          "Lines as they come, once, each predicted before it is learned from:"},
         {"train --online --data events.txt --follow --hash 20 --model softmax",
          "A file that grows, with words as features:"},
         {"train --data iris --model softmax --save iris.model",
          "A model to keep, for thalweg predict (docs/models.md):"},
         {"train --epochs 1000 --checkpoint run --every 5min --resume run",
          "A training that may be killed at any moment; the same command goes on (docs/checkpoints.md):"},
         {"train --batch 1", "One example a step; --batch 0 takes all of them:"},
         {"train --json | tail -n 1 | jq .test_accuracy", "For machines:"}}};
  }

  void declare(Arguments& a) override {
    arguments_ = &a;
    training_.declare_first(a);
    training_.declare_rest(a);
    training_.declare_non_finite(a);
    training_.declare_skipped(a);
    streaming_.declare(a);
    a.group("Result");
    a.text("--save", "FILE", save_, "write the model, for thalweg predict");
    checkpoints_.declare(a);
    a.group("Diagnosis");
    a.flag("--diagnose", diagnose_,
           "say at the end why the training stands where it stands, and what to try");
    language_.declare(a);
  }

  int run(const Session& session) override {
    streaming_.check(*arguments_);
    checkpoints_.check(*arguments_, streaming_.online);
    if (streaming_.online)
      return train_online(session, training_, streaming_, checkpoints_, save_, *arguments_);
    if (streaming_.stream) return run_stream(session);
    if (!diagnose_ && !language_.name.empty())
      throw usage_error("--lang", language_.name, "is for what --diagnose says");
    if (diagnose_ && !checkpoints_.resume.empty())
      throw usage_error("--diagnose", "given", "looks at a whole training, so it does not go with --resume");
    const messages::Language language = language_.language();
    const workbench::TrainOptions options = training_.options(session.options);
    const models::ModelSpec model = models::make_model(training_.model);
    const data::Split split = training_.split(session.options);
    if (!save_.empty()) workbench::check_model_path(save_, workbench::trained_model(split, model, {}));
    workbench::Trainer trainer(split, model, options);  // what it refuses is refused before anything is said

    std::optional<Interruption> interruption;  // without checkpoints a signal ends the process
    std::optional<workbench::TrainCheckpoints> checkpoints;
    if (checkpoints_.given()) {
      interruption.emplace();
      checkpoints.emplace(checkpoints_.options(), workbench::run_settings(split, model, options));
      if (!session.options.quiet) checkpoints_.print_start(*checkpoints);
    }
    const bool lines = !session.options.json && !session.options.quiet;
    if (lines) print_head(session, split, options);
    Progress progress(session.options.quiet);
    const std::size_t every =
        (training_.epochs + 19) / 20;  // at most twenty lines, however long the training
    std::optional<TrainingWatch> watch;
    if (diagnose_) watch.emplace(trainer, split, model, options);
    const auto observer = [&](const workbench::TrainProgress& p) {
      if (watch && p.finished == nullptr) watch->after_step();
      progress.update(static_cast<double>(p.step) / static_cast<double>(std::max<std::uint64_t>(1, p.steps)),
                      "training");
      if (p.finished != nullptr && lines && (p.epoch % every == 0 || p.epoch == 1 || p.epoch == p.epochs)) {
        progress.clear();
        print_epoch(*p.finished, p.epochs, split.train.task);
      }
      return true;
    };
    const TrainRecord record =
        interruptible(session, progress, checkpoints, [&](workbench::TrainCheckpoints* kept) {
          return workbench::train(trainer, split, model, options, observer, kept);
        });
    interruption.reset();
    std::optional<Diagnosis> diagnosis;
    if (watch) {
      progress.update(1, "diagnosing");
      diagnosis = workbench::diagnosis::diagnose(watch->finish({.seed = session.options.seed}),
                                                 setting_of(training_, options, split));
    }
    progress.clear();
    const bool saved = !save_.empty() && !record.divergence;
    if (saved) workbench::write_model(save_, workbench::trained_model(split, model, trainer.parameters()));
    Invocation invocation{"train", training_.words(session.options)};
    invocation.options.emplace_back("--diagnose", "");
    if (session.options.json) {
      Json json = json_of(record);
      json["rows"] = split.train.rows();
      if (const auto* const matrix = std::get_if<data::SparseMatrix>(&split.train.features))
        json["nonzeros"] = matrix->value.size();
      if (!save_.empty()) json["saved"] = saved ? Json(save_) : Json();
      if (checkpoints) json["checkpoints"] = CheckpointOptions::json(*checkpoints);
      if (diagnosis) json["diagnosis"] = diagnosis_json(*diagnosis, invocation, language);
      fmt::print("{}\n", json.dump());
    } else {
      print_result(session, record);
      print_saved(session, save_, saved);
      if (diagnosis)
        fmt::print("\n{}", diagnosis_text(*diagnosis, invocation, session.terminal, language,
                                          !session.options.quiet));
    }
    return record.divergence || (training_.target && record.stop != workbench::Stop::target_reached)
               ? Exit::missed
               : Exit::done;
  }

 private:
  /// Trains with checkpoints, if there are any. After a signal it ends the process with a line that says so.
  template <class Training>
  TrainRecord interruptible(const Session& session, Progress& progress,
                            std::optional<workbench::TrainCheckpoints>& checkpoints,
                            const Training& train) const {
    const auto end = [&](const workbench::TrainingInterrupted& interrupted) {
      progress.clear();
      CheckpointOptions::end(session, interrupted, checkpoints_.options().folder);
    };
    TrainRecord record;
    try {
      record = train(checkpoints ? &*checkpoints : nullptr);
    } catch (const workbench::TrainingInterrupted& interrupted) {
      end(interrupted);
    }
    if (checkpoints && Interruption::was_noted() && !record.divergence)
      end({checkpoints->last(), record.steps});
    return record;
  }

  /// --stream: in epochs over a file that is not held in memory.
  int run_stream(const Session& session) const {
    const models::ModelSpec model = models::make_model(training_.model);
    const workbench::TrainOptions usual = training_.options(session.options);
    workbench::StreamTrainOptions options;
    options.learner = online_options(training_, session.options);
    options.epochs = usual.epochs;
    options.batch = usual.batch;
    options.cooldown = usual.cooldown;
    options.max_steps = usual.max_steps;
    options.max_seconds = usual.max_seconds;
    options.shuffle_buffer = streaming_.shuffle_buffer;
    options.seed = usual.seed;
    const data::StreamFiles files = data::find_stream_files(training_.source);
    const std::string& test = training_.load.test.empty() ? files.test : training_.load.test;
    Progress progress(session.options.quiet);
    data::StreamOptions source = streaming_.source();
    source.checksum = checkpoints_.given();
    progress.update(0, "surveying");
    workbench::StreamTrainer trainer(files.train, source, model, options);
    progress.clear();
    const data::StreamSurvey& survey = trainer.survey();
    const auto learned = [&] {
      return workbench::trained_model(trainer.learner(), files.train, survey.classes, source.hashing);
    };
    if (!save_.empty()) workbench::check_model_path(save_, learned());
    std::optional<Interruption> interruption;
    std::optional<workbench::TrainCheckpoints> checkpoints;
    if (checkpoints_.given()) {
      interruption.emplace();
      checkpoints.emplace(checkpoints_.options(), workbench::run_settings(survey, source, model, options));
      if (!session.options.quiet) checkpoints_.print_start(*checkpoints);
    }
    const bool lines = !session.options.json && !session.options.quiet;
    if (lines) {
      const std::string classes =
          survey.classes.empty() ? std::string() : fmt::format(", {} classes", survey.classes.size());
      fmt::print("{}", paragraph(fmt::format("{}: {} rows, read anew in each epoch; {} features{}",
                                             session.terminal.bold(files.train), survey.rows, survey.columns,
                                             classes),
                                 session.terminal.width));
      print_how(session, usual);
    }
    const std::size_t every = (training_.epochs + 19) / 20;
    const auto observer = [&](const workbench::TrainProgress& p) {
      progress.update(static_cast<double>(p.step) / static_cast<double>(std::max<std::uint64_t>(1, p.steps)),
                      "training");
      if (p.finished != nullptr && lines && (p.epoch % every == 0 || p.epoch == 1 || p.epoch == p.epochs)) {
        progress.clear();
        print_epoch(*p.finished, p.epochs, survey.task);
        std::fflush(stdout);  // an epoch may take an hour
      }
      return true;
    };
    const TrainRecord record =
        interruptible(session, progress, checkpoints,
                      [&](workbench::TrainCheckpoints* kept) { return trainer.train(test, observer, kept); });
    interruption.reset();
    progress.clear();
    const bool saved = !save_.empty() && !record.divergence;
    if (saved) workbench::write_model(save_, learned());
    if (session.options.json) {
      Json json = json_of(record);
      json["rows"] = survey.rows;
      if (!save_.empty()) json["saved"] = saved ? Json(save_) : Json();
      if (checkpoints) json["checkpoints"] = CheckpointOptions::json(*checkpoints);
      fmt::print("{}\n", json.dump());
    } else {
      print_result(session, record);
      print_saved(session, save_, saved);
    }
    return record.divergence ? Exit::missed : Exit::done;
  }

  static std::string metric(const Scores& scores, data::Task task) {
    return task == data::Task::classification ? fmt::format("accuracy {:.2f} %", 100 * scores.metric)
                                              : "rmse " + short_number(scores.metric, 5);
  }

  void print_head(const Session& session, const data::Split& split,
                  const workbench::TrainOptions& options) const {
    const data::Dataset& d = split.train;
    const std::string classes = d.classes() > 0 ? fmt::format(", {} classes", d.classes()) : std::string();
    fmt::print("{}",
               paragraph(fmt::format("{}: {} rows to train on, {} to validate, {} to test; {} features{}",
                                     session.terminal.bold(d.name), d.rows(), split.validation.rows(),
                                     split.test.rows(), d.columns(), classes),
                         session.terminal.width));
    print_how(session, options);
  }

  void print_how(const Session& session, const workbench::TrainOptions& options) const {
    std::string how = fmt::format("{} with {}", training_.model, options.optimizer.text());
    if (options.optimizer.info().rate_free) how += ", which finds its learning rate itself";
    if (options.optimizer.info().schedule_free) how += ", which needs no falling learning rate";
    if (options.cooldown > 0)
      how += fmt::format("; lr falls to 0 over the last {:.3g} % of the steps (--cooldown 0: it does not)",
                         100 * options.cooldown);
    fmt::print("{}", paragraph(how, session.terminal.width));
    if (const std::string stored = precision_text(options.precision); !stored.empty())
      fmt::print("{}", paragraph(stored, session.terminal.width));
  }

  static std::string counted(std::uint64_t number, const char* what) {
    return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
  }

  static void print_epoch(const workbench::EpochRecord& e, std::size_t epochs, data::Task task) {
    const std::size_t width = std::to_string(epochs).size();
    std::string line = fmt::format("epoch {:>{}}/{}  train loss {:<9}", e.epoch, width, epochs,
                                   short_number(e.train_loss, 4));
    if (e.train_metric) line += "  " + metric({e.train_loss, *e.train_metric}, task);
    if (e.validation)
      line += fmt::format("  validation {:<9} {}", short_number(e.validation->loss, 4),
                          metric(*e.validation, task));
    fmt::print("{}\n", line);
  }

  static void print_result(const Session& session, const TrainRecord& record) {
    Table table({{""},
                 {.title = "loss", .right = true},
                 {.title = record.task == data::Task::classification ? "accuracy" : "rmse", .right = true}});
    const auto row = [&](const char* name, const std::optional<Scores>& scores) {
      if (!scores) return;
      table.add({name, short_number(scores->loss, 5),
                 record.task == data::Task::classification ? fmt::format("{:.2f} %", 100 * scores->metric)
                                                           : short_number(scores->metric, 5)});
    };
    row("train", record.train);
    row("validation", record.validation);
    row("test", record.test);
    if (!session.options.quiet) fmt::print("\n");
    if (!table.empty()) fmt::print("{}", table.text(session.terminal));
    std::string end = fmt::format("{}; {}, {}, {}", record.stop_text(), counted(record.steps, "step"),
                                  counted(record.epochs.size(), "epoch"), duration(record.seconds));
    if (const std::string done = record.non_finite.text(); !done.empty()) end += "; " + done;
    if (record.judged_best && record.best_epoch)
      end += fmt::format("; judged at epoch {}, the best on the validation part", *record.best_epoch);
    fmt::print("{}", paragraph(end, session.terminal.width));
  }

  static Json json_of(const TrainRecord& record) {
    const auto loss = [](const std::optional<Scores>& s) { return s ? Json(s->loss) : Json(); };
    const char* name = record.task == data::Task::classification ? "accuracy" : "rmse";
    Json json{{"data", record.data},           {"model", record.model},
              {"optimizer", record.optimizer}, {"parameters", record.parameters},
              {"batch", record.batch},         {"cooldown", record.cooldown}};
    const workbench::TrainPrecision& p = record.precision;
    json["precision"] = {{"parameters", precision_name(p.parameters)},
                         {"state", workbench::state_name(p.state)},
                         {"master", p.master},
                         {"rounding", p.rounding == Rounding::stochastic ? "stochastic" : "nearest"},
                         {"loss_scale", p.loss_scale}};
    const std::pair<const char*, const std::optional<Scores>*> parts[] = {
        {"train", &record.train}, {"validation", &record.validation}, {"test", &record.test}};
    for (const auto& [part, scores] : parts) {
      json[fmt::format("{}_loss", part)] = loss(*scores);
      json[fmt::format("{}_{}", part, name)] = *scores ? Json((*scores)->metric) : Json();
    }
    json["steps"] = record.steps;
    json["epochs"] = record.epochs.size();
    json["seconds"] = record.seconds;
    json["stopped"] = workbench::stop_name(record.stop);
    json["why"] = record.stop_text();
    if (record.divergence)
      json["diverged"] = {{"step", record.divergence->step}, {"what", record.divergence->what}};
    json["skipped_steps"] = record.non_finite.skipped;
    json["clipped_entries"] = record.non_finite.clipped;
    json["best_epoch"] = record.best_epoch ? Json(*record.best_epoch) : Json();
    json["history"] = Json::array();
    for (const auto& e : record.epochs) {
      json["history"].push_back(
          {{"epoch", e.epoch},
           {"steps", e.steps},
           {"train_loss", e.train_loss},
           {"validation_loss", loss(e.validation)},
           {fmt::format("validation_{}", name), e.validation ? Json(e.validation->metric) : Json()},
           {"lr", e.rate},
           {"gradient_norm", e.gradient_norm},
           {"seconds", e.seconds}});
      if (e.train_metric) json["history"].back()[fmt::format("train_{}", name)] = *e.train_metric;
    }
    return json;
  }

  Arguments* arguments_ = nullptr;
  TrainingOptions training_;
  StreamingOptions streaming_;
  CheckpointOptions checkpoints_;
  std::string save_;
  bool diagnose_ = false;
  LanguageOption language_;
};

}  // namespace

std::unique_ptr<Command> train_command() { return std::make_unique<Train>(); }

}  // namespace thalweg::cli
