#include "workbench/train.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <thalweg/error.h>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/step_options.h"
#include "cli/table.h"
#include "cli/text.h"
#include "data/load.h"

namespace thalweg::cli {
namespace {

using Json = nlohmann::ordered_json;
using models::Scores;
using workbench::TrainRecord;

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
            "the validation part with --patience. Exits with 1 if the training diverged or missed --target.",
        {{"train", "A small network on the bundled digits, with Adam:"},
         {"train --data iris --model softmax --optimizer sgd:lr=0.1",
          "A softmax regression with plain gradient descent:"},
         {"train --data a9a.svm.gz --test a9a.t.svm.gz --model logistic",
          "Sparse features, with a test set of its own:"},
         {"train --data houses.csv --label price --model linear", "A column to predict, by name:"},
         {"train --schedule \"warmup:steps=100 | cosine:steps=800\" --transform clip_norm:max=1",
          "Warm-up, annealing and clipping:"},
         {"train --batch 1", "One example a step; --batch 0 takes all of them:"},
         {"train --json | tail -n 1 | jq .test_accuracy", "For machines:"}}};
  }

  void declare(Arguments& a) override {
    a.text("--data,-d", "NAME|FILE|FOLDER", data_, "what to learn from");
    a.text("--model,-m", "SPEC", model_, "linear, logistic, softmax or mlp:UNITS,UNITS,...");
    step_.declare(a);
    a.group("How long");
    a.count("--epochs,-e", epochs_, at_least(1), "passes over the training part");
    a.count("--batch,-b", batch_, at_least(0), "examples per step; 0: all of them");
    a.number("--cooldown", cooldown_, in_closed(0, 1),
             "share of the steps, the last ones, over which lr falls to 0; left out: 0.3, or 0 with a "
             "schedule of lr or a schedule-free optimizer");
    a.count("--max-steps", max_steps_, at_least(0), "stop after this many steps; 0: no limit");
    a.number("--max-seconds", max_seconds_, above(0), "stop after this time");
    a.number("--target", target_, at_least(0), "stop at this validation accuracy (0 to 1) or rmse");
    a.count("--patience", patience_, at_least(0),
            "stop after this many epochs without a lower validation loss; 0: off");
    a.group("Data");
    a.text("--label", "NAME|INDEX", load_.label,
           "the column to predict, by name or from 1; the last one if left out, or the only one with text");
    a.text("--test", "FILE", load_.test, "file of the test set");
    a.text("--test-label", "FILE", load_.test_label, "labels of an .npy test set");
    a.choice("--task", {"auto", "classification", "regression"}, task_, "what the labels are");
    a.number("--validation", load_.validation, open_fraction, "share of the rows for validation");
    a.number("--test-fraction", load_.test_fraction, open_fraction,
             "share of the rows for the test, where there is no test set");
    a.flag("--no-standardize", raw_, "leave the features as they are");
  }

  int run(const Session& session) override {
    workbench::TrainOptions options;
    options.optimizer = step_.rule();
    options.schedules = step_.made_schedules();
    options.plateau = step_.plateau();
    options.transforms = step_.made_transforms(session.options.seed);
    const bool scheduled = options.plateau || std::any_of(options.schedules.begin(), options.schedules.end(),
                                                          [](const auto& s) { return s.first == "lr"; });
    const bool schedule_free = options.optimizer.info().schedule_free;
    options.cooldown = cooldown_.value_or(scheduled || schedule_free ? 0 : 0.3);
    options.epochs = epochs_;
    options.batch = batch_;
    options.seed = session.options.seed;
    options.threads = session.options.threads;
    options.isa = session.options.isa;
    if (max_steps_ > 0) options.max_steps = max_steps_;
    options.max_seconds = max_seconds_;
    options.target = target_;
    options.patience = patience_;
    const models::ModelSpec model = models::make_model(model_);

    load_.seed = session.options.seed;
    load_.standardize = !raw_;
    load_.standardize_target = !raw_;
    if (task_ == "classification") load_.task = data::Task::classification;
    if (task_ == "regression") load_.task = data::Task::regression;
    const data::Split split = data::load_split(data_, load_);
    models::check_fit(model, split.train);  // before anything is printed

    const bool lines = !session.options.json && !session.options.quiet;
    if (lines) print_head(session, split, options);
    Progress progress(session.options.quiet);
    const std::size_t every = (epochs_ + 19) / 20;  // at most twenty lines, however long the training
    const TrainRecord record =
        workbench::train(split, model, options, [&](const workbench::TrainProgress& p) {
          progress.update(
              static_cast<double>(p.step) / static_cast<double>(std::max<std::uint64_t>(1, p.steps)),
              "training");
          if (p.finished != nullptr && lines &&
              (p.epoch % every == 0 || p.epoch == 1 || p.epoch == p.epochs)) {
            progress.clear();
            print_epoch(*p.finished, p.epochs, split.train.task);
          }
          return true;
        });
    progress.clear();
    if (session.options.json)
      fmt::print("{}\n", json_of(record).dump());
    else
      print_result(session, record);
    return record.divergence || (target_ && record.stop != workbench::Stop::target_reached) ? Exit::missed
                                                                                            : Exit::done;
  }

 private:
  static constexpr Range open_fraction{.low = 0, .high = 1, .low_open = true, .high_open = true};

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
    std::string how = fmt::format("{} with {}", model_, options.optimizer.text());
    if (options.optimizer.info().rate_free) how += ", which finds its learning rate itself";
    if (options.optimizer.info().schedule_free) how += ", which needs no falling learning rate";
    if (options.cooldown > 0)
      how += fmt::format("; lr falls to 0 over the last {:.3g} % of the steps (--cooldown 0: it does not)",
                         100 * options.cooldown);
    fmt::print("{}", paragraph(how, session.terminal.width));
  }

  static std::string counted(std::uint64_t number, const char* what) {
    return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
  }

  static void print_epoch(const workbench::EpochRecord& e, std::size_t epochs, data::Task task) {
    const std::size_t width = std::to_string(epochs).size();
    std::string line = fmt::format("epoch {:>{}}/{}  train loss {:<9}", e.epoch, width, epochs,
                                   short_number(e.train_loss, 4));
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
    }
    return json;
  }

  StepOptions step_;
  data::LoadOptions load_;
  std::string data_ = "digits", model_ = "mlp:64", task_ = "auto";
  std::uint64_t epochs_ = workbench::TrainOptions{}.epochs, batch_ = workbench::TrainOptions{}.batch,
                max_steps_ = 0, patience_ = 0;
  std::optional<double> max_seconds_, target_, cooldown_;
  bool raw_ = false;
};

}  // namespace

std::unique_ptr<Command> train_command() { return std::make_unique<Train>(); }

}  // namespace thalweg::cli
