#include "report/lr_find.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <thalweg/error.h>

#include "cli/arguments.h"
#include "cli/chart.h"
#include "cli/command.h"
#include "cli/language.h"
#include "cli/precision_options.h"
#include "cli/step_options.h"
#include "cli/text.h"
#include "data/files.h"
#include "data/load.h"

namespace thalweg::cli {
namespace {

using report::RateTestSubject;
using workbench::RateTest;

class LrFind : public Command {
 public:
  About about() const override {
    return {
        "lr-find",
        "which learning rate to use, by a range test",
        "A training whose learning rate grows from step to step until the loss has doubled, some times over "
        "with other seeds; what is suggested is the rate at which the loss had made 85 % of its fall. The "
        "options of the training are those of `thalweg train`: what is found holds for them, as --epochs and "
        "--batch change the best rate. Takes a second or two where a training takes ten. Exits with 1 if no "
        "rate made the loss fall.",
        {{"lr-find", "For Adam on the bundled digits:"},
         {"lr-find --optimizer momentum --data wine --model softmax --epochs 10", "For another training:"},
         {"lr-find --optimizer sgd --html test.html", "With a page that opens offline:"},
         {"lr-find --json | tail -n 1 | jq .suggestion", "For machines:"}}};
  }

  void declare(Arguments& a) override {
    a.text("--data,-d", "NAME|FILE|FOLDER", data_, "what to learn from");
    a.text("--model,-m", "SPEC", model_, "linear, logistic, softmax or mlp:UNITS,UNITS,...");
    step_.declare(a);
    a.group("The training that the rate is for");
    a.count("--epochs,-e", epochs_, at_least(1), "passes over the training part");
    a.count("--batch,-b", batch_, at_least(0), "examples per step; 0: all of them");
    a.text("--label", "NAME|INDEX", load_.label,
           "the column to predict, by name or from 1; the last one if left out");
    a.text("--test", "FILE", load_.test, "file of the test set");
    a.flag("--no-standardize", raw_, "leave the features as they are");
    precision_.declare(a);
    a.group("The test");
    a.number("--low", options_.low, above(0), "the first rate");
    a.number("--high", options_.high, above(0), "the last rate");
    a.count("--steps-per-decade", steps_per_decade_, at_least(0),
            "over a factor of 10; 0: 10 to 25, by the length of the training");
    a.count("--repeats", options_.repeats, at_least(1), "with other seeds");
    a.text("--html", "FILE", html_, "write a page with the curve");
    language_.declare(a);
  }

  int run(const Session& session) override {
    const messages::Language language = language_.language();
    workbench::TrainOptions train;
    train.optimizer = step_.rule();
    train.schedules = step_.made_schedules();
    train.plateau = step_.plateau();
    train.transforms = step_.made_transforms(session.options.seed);
    train.precision = precision_.precision();
    train.epochs = epochs_;
    train.batch = batch_;
    train.seed = session.options.seed;
    train.threads = session.options.threads;
    train.isa = session.options.isa;
    if (steps_per_decade_ > 0) options_.steps_per_decade = steps_per_decade_;
    const models::ModelSpec model = models::make_model(model_);
    load_.seed = session.options.seed;
    load_.standardize = load_.standardize_target = !raw_;
    const data::Split split = data::load_split(data_, load_);
    models::check_fit(model, split.train);

    Progress progress(session.options.quiet);
    const RateTest test = workbench::find_rate(split, model, train, options_, [&](double done) {
      progress.update(done, "trying learning rates");
      return true;
    });
    progress.clear();

    const RateTestSubject subject = subject_of(session, split, train, test);
    const std::string json = report::lr_find_json(test, subject);
    if (!html_.empty()) data::write_file(html_, report::lr_find_page(json, language));
    if (session.options.json)
      fmt::print("{}\n", json);
    else
      print(session, test, subject, language);
    return test.suggestion ? Exit::done : Exit::missed;
  }

 private:
  /// Options that both this command and `train` have, as they were given.
  std::string shared_options(const Session& session) const {
    const LrFind standard;
    std::string all;
    const auto add = [&](const char* option, const std::string& value) {
      all += fmt::format(" {} {}", option, shell_word(value));
    };
    if (data_ != standard.data_) add("--data", data_);
    if (model_ != standard.model_) add("--model", model_);
    for (const std::string& schedule : step_.schedules) add("--schedule", schedule);
    for (const std::string& transform : step_.transforms) add("--transform", transform);
    if (epochs_ != standard.epochs_) add("--epochs", std::to_string(epochs_));
    if (batch_ != standard.batch_) add("--batch", std::to_string(batch_));
    if (!load_.label.empty()) add("--label", load_.label);
    if (!load_.test.empty()) add("--test", load_.test);
    if (raw_) all += " --no-standardize";
    for (const auto& [option, value] : precision_.words()) {
      if (value.empty())
        all += " " + option;
      else
        add(option.c_str(), value);
    }
    if (session.options.seed > 0) add("--seed", std::to_string(session.options.seed));
    return all;
  }

  RateTestSubject subject_of(const Session& session, const data::Split& split,
                             const workbench::TrainOptions& train, const RateTest& test) const {
    RateTestSubject subject;
    subject.data = split.train.name;
    subject.model = model_;
    AnyRule rule = train.optimizer;
    if (test.suggestion) rule.set("lr", *test.suggestion);
    // A rate that is the default would not be written, but it is what was asked for.
    const std::string text = rule.text();
    subject.optimizer =
        text == rule.name() && test.suggestion ? text + ":lr=" + number_text(*test.suggestion) : text;
    const std::size_t rows = split.train.rows();
    subject.batch = batch_ == 0 ? rows : std::min<std::size_t>(batch_, rows);
    subject.planned_steps = epochs_ * ((rows + subject.batch - 1) / subject.batch);
    const std::string shared = shared_options(session);
    subject.command = "thalweg lr-find --optimizer " + shell_word(step_.optimizer) + shared;
    const workbench::RateTestOptions standard;
    if (options_.low != standard.low) subject.command += " --low " + number_text(options_.low);
    if (options_.high != standard.high) subject.command += " --high " + number_text(options_.high);
    if (steps_per_decade_ > 0) subject.command += fmt::format(" --steps-per-decade {}", steps_per_decade_);
    if (options_.repeats != standard.repeats)
      subject.command += fmt::format(" --repeats {}", options_.repeats);
    if (test.suggestion)
      subject.train = "thalweg train --optimizer " + shell_word(subject.optimizer) + shared;
    return subject;
  }

  static void print(const Session& session, const RateTest& test, const RateTestSubject& subject,
                    messages::Language language) {
    const std::size_t width = std::min<std::size_t>(session.terminal.width, 100);
    const std::vector<std::string> said = report::lr_find_sentences(test, subject, language);
    for (const std::string& line : wrapped(said.front(), width))
      fmt::print("{}\n", session.terminal.bold(line));
    std::string rest;
    for (std::size_t i = 1; i < said.size(); ++i)
      rest += (i > 1 && language == messages::Language::english ? " " : "") + said[i];
    if (!rest.empty()) fmt::print("{}", paragraph(rest, width));
    if (session.options.quiet) return;
    fmt::print("\n{}", curve(test, width));
    if (!subject.train.empty()) {
      fmt::print("\n{}:\n{}", messages::text(language, "lr_find.train"),
                 command_lines(subject.train.substr(std::string("thalweg ").size()), width, 2));
    }
  }

  /// The smoothed loss over the logarithm of the rate, with a mark at the suggestion.
  static std::string curve(const RateTest& test, std::size_t width) {
    const workbench::RateRun& mean = test.mean;
    if (mean.points.size() < 2) return "";
    // What has run away would press the fall flat.
    std::vector<double> losses;
    for (const workbench::RatePoint& point : mean.points)
      losses.push_back(std::min(point.smoothed, 1.3 * mean.start));
    const std::size_t columns = std::min<std::size_t>(width, 76) - 2;
    std::string chart = block_chart(losses, columns, 8, short_number(mean.points.front().rate, 2),
                                    short_number(mean.points.back().rate, 2));
    if (test.suggestion) {
      // The chart's first line begins with its label and an axis: what is left of it are the columns.
      const std::string head = chart.substr(0, chart.find("┤"));
      const std::size_t left = display_width(head) + 1, room = columns - left;
      const double share = std::log(*test.suggestion / mean.points.front().rate) /
                           std::log(mean.points.back().rate / mean.points.front().rate);
      const auto at = static_cast<std::size_t>(std::lround(share * static_cast<double>(room - 1)));
      const std::string mark = "▲ " + short_number(*test.suggestion, 2);
      std::string line = std::string(left + at, ' ') + mark;
      if (left + at + display_width(mark) > columns) {
        const std::string before = short_number(*test.suggestion, 2) + " ▲";
        line = std::string(left + at + 1 - display_width(before), ' ') + before;
      }
      const std::size_t last = chart.rfind('\n', chart.size() - 2);
      chart.insert(last + 1, line + "\n");
    }
    return paragraph(chart.substr(0, chart.size() - 1), width, 2);
  }

  StepOptions step_;
  PrecisionOptions precision_;
  data::LoadOptions load_;
  std::string data_ = "digits", model_ = "mlp:64", html_;
  std::uint64_t epochs_ = workbench::TrainOptions{}.epochs, batch_ = workbench::TrainOptions{}.batch,
                steps_per_decade_ = 0;
  workbench::RateTestOptions options_;
  bool raw_ = false;
  LanguageOption language_;
};

}  // namespace

std::unique_ptr<Command> lr_find_command() { return std::make_unique<LrFind>(); }

}  // namespace thalweg::cli
