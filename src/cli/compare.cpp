#include "workbench/compare/compare.h"

#include <filesystem>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <thalweg/error.h>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/text.h"
#include "data/files.h"
#include "report/page.h"
#include "report/results.h"
#include "report/summary.h"
#include "report/terminal.h"

namespace thalweg::cli {
namespace {

namespace fs = std::filesystem;
using workbench::CompareProgress;

/// Made before the work, so that an hour of it is not lost to a name.
void make_folder(const std::string& path) {
  std::error_code failure;
  fs::create_directories(path, failure);
  if (failure || !fs::is_directory(path) || access(path.c_str(), W_OK) != 0)
    throw input_error(path, failure ? failure.message() : "no folder that can be written to",
                      "a folder for the report");
}

std::string phase_text(const CompareProgress& progress) {
  switch (progress.phase) {
    case CompareProgress::Phase::spread:
      return "trying learning rates";
    case CompareProgress::Phase::closer:
      return "closer to the best rates";
    case CompareProgress::Phase::judged:
      return "judging with other seeds";
  }
  return "";
}

class Compare : public Command {
 public:
  About about() const override {
    return {
        "compare",
        "which optimizer is best on these data, judged fairly",
        "Each optimizer gets the same number of trials over its own range of learning rates, a factor of "
        "100 to both sides of its default, judged on the validation part. The best rate is then trained "
        "with several other seeds and judged on the test part: a mean with its 95 % interval, and ties "
        "where the difference may be chance. Writes results.json and report.html, which opens offline.",
        {{"compare", "All optimizers on the bundled digits:"},
         {"compare --data iris --model softmax --optimizer adam --optimizer sgd", "Some of them on others:"},
         {"compare -o adam -o adam:beta2=0.9 -o adam:like=keras", "Variants of one optimizer:"},
         {"compare -o adam:lr=1e-4..1e-2 -o sgd:lr=0.1",
          "A range of one's own for the learning rate, and one that is not tuned:"},
         {"compare --trials 20 --seeds 30 --epochs 50 --output long", "More certainty, for more time:"},
         {"compare --json | tail -n 1 | jq -r .ranking[0].spec", "For machines:"}}};
  }

  void declare(Arguments& a) override {
    a.text("--data,-d", "NAME|FILE|FOLDER", options_.data, "what to learn from");
    a.text("--model,-m", "SPEC", options_.model, "linear, logistic, softmax or mlp:UNITS,UNITS,...");
    a.texts("--optimizer,-o", "SPEC", options_.optimizers, "one to compare, repeatable; all if left out");
    a.text("--output", "FOLDER", output_, "where to write results.json and report.html");
    a.group("How much");
    a.count("--trials", options_.trials, at_least(1), "learning rates that each optimizer may try");
    a.count("--seeds", options_.seeds, at_least(1), "runs with the best one");
    a.count("--epochs,-e", options_.epochs, at_least(1), "passes over the training part in each run");
    a.count("--batch,-b", options_.batch, at_least(0), "examples per step; 0: all of them");
    a.group("Data");
    a.text("--label", "NAME|INDEX", options_.label,
           "the column to predict, by name or from 1; the last one if left out");
    a.text("--test", "FILE", options_.test, "file of the test set");
  }

  int run(const Session& session) override {
    options_.seed = session.options.seed;
    options_.threads = session.options.threads;
    options_.isa = session.options.isa;
    // What is misspelled is said before anything is made.
    static_cast<void>(models::make_model(options_.model));
    for (const std::string& optimizer : options_.optimizers)
      static_cast<void>(workbench::make_contender(optimizer));
    make_folder(output_);
    const workbench::Comparison comparison = compared(session.options.quiet);

    const std::string results = report::results_json(comparison, report::Environment::present(options_.isa));
    const std::string results_file = (fs::path(output_) / "results.json").string();
    const std::string report_file = (fs::path(output_) / "report.html").string();
    data::write_file(results_file, results);
    data::write_file(report_file, report::report_page(results));

    if (session.options.json) {
      const auto all = nlohmann::ordered_json::parse(results);
      const nlohmann::ordered_json shown{{"headline", all.at("headline")}, {"notes", all.at("notes")},
                                         {"ranking", all.at("ranking")},   {"seconds", all.at("seconds")},
                                         {"results", results_file},        {"report", report_file}};
      fmt::print("{}\n", shown.dump());
    } else {
      print(session, comparison);
      fmt::print("\n{}\n{}\n", results_file, report_file);
    }
    const bool any_score = !comparison.ranking.empty() && comparison.ranking.front().score;
    return any_score ? Exit::done : Exit::missed;
  }

 private:
  workbench::Comparison compared(bool quiet) {
    Progress progress(quiet);
    // In a pipe every other text is a line of its own, so there only the phase is told.
    const bool terminal = isatty(STDERR_FILENO) != 0;
    return workbench::compare(options_, [&](const CompareProgress& p) {
      std::string what = phase_text(p);
      if (terminal)
        what = fmt::format("{}/{} {} {}", p.runs_done, p.runs,
                           p.phase == CompareProgress::Phase::judged ? "judging" : "tuning", p.running);
      progress.update(p.fraction, what);
    });
  }

  static void print(const Session& session, const workbench::Comparison& comparison) {
    const std::size_t width = session.terminal.width;
    fmt::print("{}\n", paragraph(report::headline(comparison), width));
    for (const std::string& line : report::ranking_lines(comparison, width, session.terminal.color))
      fmt::print("{}\n", line);
    std::string notes = "\n";
    if (!session.options.quiet) {
      notes += paragraph(
          "The rank is 1 plus the number of optimizers that are better beyond chance; \"=\" is a tie. The "
          "bars are 95 % intervals of the mean over the seeds.",
          width);
    }
    for (const std::string& note : report::notes(comparison)) notes += paragraph(note, width);
    if (notes.size() > 1) fmt::print("{}", notes);
  }

  workbench::CompareOptions options_;
  std::string output_ = "thalweg-report";
};

}  // namespace

std::unique_ptr<Command> compare_command() { return std::make_unique<Compare>(); }

}  // namespace thalweg::cli
