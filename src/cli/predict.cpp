#include "workbench/predict.h"

#include <cstdio>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <thalweg/error.h>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/interruption.h"
#include "cli/text.h"
#include "data/files.h"
#include "data/load.h"

namespace thalweg::cli {
namespace {

using workbench::Predictions;
using workbench::TrainedModel;
using Json = nlohmann::ordered_json;

/// A field of a table: in quotes where it needs them.
std::string field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == text.npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + '"';
}

/// The predictions as lines, into a file or onto standard output.
class PredictionLines {
 public:
  PredictionLines(const TrainedModel& model, bool probabilities, const std::string& path)
      : model_(&model), probabilities_(probabilities) {
    if (!path.empty()) file_.emplace(path);
    for (const std::string& name : model.class_names) classes_.push_back(field(name));
    if (!probabilities) return;
    text_ = "prediction";
    for (const std::string& name : model.class_names) text_ += "," + field("probability_" + name);
    text_ += '\n';
  }

  void add(const Predictions& p) {
    const bool numbers = model_->task == data::Task::regression;
    const auto out = std::back_inserter(text_);
    for (std::size_t i = 0; i < p.count; ++i) {
      if (numbers)
        fmt::format_to(out, "{}", p.value[i]);
      else
        text_ += classes_[static_cast<std::size_t>(p.value[i])];
      for (std::size_t k = 0; probabilities_ && k < classes_.size(); ++k)
        fmt::format_to(out, ",{}", static_cast<float>(p.probabilities[i * classes_.size() + k]));
      text_ += '\n';
    }
    write();
  }

  void finish() {
    write();
    if (file_) file_->finish();
  }

 private:
  void write() {
    if (file_)
      file_->write(text_);
    else
      fmt::print("{}", text_);
    text_.clear();
  }

  const TrainedModel* model_;
  bool probabilities_;
  std::vector<std::string> classes_;
  std::optional<data::WholeFile> file_;
  std::string text_;
};

class Predict : public Command {
 public:
  About about() const override {
    return {
        "predict",
        "apply a model that train --save has written",
        "Prints a line for each row: the class, or the number in the unit of the training data. The data are "
        "a file (" +
            data::accepted_extensions() +
            "), - for standard input, or a bundled set (of one with a test set that). Columns with names are "
            "found by them, in any order; labels may be missing. Where they are there, loss and metric are "
            "told as train does: on stderr, or on stdout where --output takes the predictions. LIBSVM files "
            "may be larger than memory.",
        {{"predict iris.model --data flowers.csv", "A class for each line:"},
         {"predict iris.model --data flowers.csv --probabilities --output classes.csv",
          "A table with the probability of each class:"},
         {"predict a9a.model --data a9a.t.svm.gz --output classes.txt",
          "How good it is on data with labels:"},
         {"predict clicks.model --data - < clicks.svm | sort | uniq -c", "In a pipe:"},
         {"predict iris.model --data flowers.csv --output classes.txt --json", "Scores for machines:"}}};
  }

  void declare(Arguments& a) override {
    a.text("MODEL", "FILE", model_, "a file that train --save has written");
    a.required();
    a.text("--data,-d", "NAME|FILE|-", options_.data, "what to predict from");
    a.required();
    a.text("--output,-o", "FILE", output_,
           "where to write the predictions, whole or not at all, instead of stdout");
    a.flag("--probabilities", options_.probabilities,
           "a table with a head: the class and the probability of each class");
    a.choice(
        "--labels", {"auto", "ignore", "none"}, labels_,
        "auto: used where there are any; ignore: there, but not looked at; none: every column is a feature");
    a.text("--label", "NAME|INDEX", options_.label,
           "the column of labels, where it is not called or not where it was in the training data; a file of "
           "them for .npy");
    a.flag("--drop-unknown", options_.drop_beyond,
           "leave out LIBSVM features with an index that the model does not know");
  }

  int run(const Session& session) override {
    options_.threads = session.options.threads;
    options_.labels = labels_ == "auto"     ? data::Labels::read
                      : labels_ == "ignore" ? data::Labels::ignored
                                            : data::Labels::none;
    const TrainedModel model = workbench::read_model(model_);
    const bool to_stdout = output_.empty();
    std::optional<Interruption> interruption;  // a file that is half written goes before the process does
    if (!to_stdout) interruption.emplace();
    if (interruption) options_.stop = Interruption::was_noted;
    try {
      std::optional<PredictionLines> lines;
      if (!to_stdout || !session.options.json) lines.emplace(model, options_.probabilities, output_);
      const workbench::PredictRecord record = workbench::predict(model, options_, [&](const Predictions& p) {
        if (interruption) Interruption::check();
        if (lines) lines->add(p);
        if (to_stdout && session.options.json) add_json(model, p);
      });
      if (interruption) Interruption::check();
      if (lines) lines->finish();
      report(session, model, record);
      return Exit::done;
    } catch (const Interrupted&) {
    }
    Interruption::end();
  }

 private:
  void add_json(const TrainedModel& model, const Predictions& p) {
    const std::size_t classes = model.class_names.size();
    for (std::size_t i = 0; i < p.count; ++i) {
      if (classes == 0)
        predictions_.push_back(p.value[i]);
      else
        predictions_.push_back(model.class_names[static_cast<std::size_t>(p.value[i])]);
      if (!options_.probabilities) continue;
      const auto first = p.probabilities.begin() + static_cast<std::ptrdiff_t>(i * classes);
      probabilities_.push_back(std::vector<double>(first, first + static_cast<std::ptrdiff_t>(classes)));
    }
  }

  void report(const Session& session, const TrainedModel& model, const workbench::PredictRecord& record) {
    const bool numbers = model.task == data::Task::regression;
    const char* const metric = numbers ? "rmse" : "accuracy";
    if (session.options.json) {
      Json json{{"model", model_}, {"data", record.data}, {"rows", record.rows}};
      json["loss"] = record.scores ? Json(record.scores->loss) : Json();
      json[metric] = record.scores ? Json(record.scores->metric) : Json();
      json["output"] = output_.empty() ? Json() : Json(output_);
      if (!numbers) json["classes"] = model.class_names;
      if (output_.empty()) json["predictions"] = std::move(predictions_);
      if (options_.probabilities && output_.empty()) json["probabilities"] = std::move(probabilities_);
      fmt::print("{}\n", json.dump());
      return;
    }
    if (session.options.quiet && output_.empty()) return;  // beside predictions scores are a note
    std::string text = fmt::format("{}: {} row{}", record.data, record.rows, record.rows == 1 ? "" : "s");
    if (record.scores) {
      text += fmt::format("; loss {}, {} {}", short_number(record.scores->loss, 5), metric,
                          numbers ? short_number(record.scores->metric, 5)
                                  : fmt::format("{:.2f} %", 100 * record.scores->metric));
    } else {
      text += ", without labels";
    }
    if (!output_.empty()) text += "; predictions written to " + output_;
    fmt::print(output_.empty() ? stderr : stdout, "{}", paragraph(text, session.terminal.width));
  }

  std::string model_, output_, labels_ = "auto";
  workbench::PredictOptions options_;
  Json predictions_ = Json::array(), probabilities_ = Json::array();
};

}  // namespace

std::unique_ptr<Command> predict_command() { return std::make_unique<Predict>(); }

}  // namespace thalweg::cli
