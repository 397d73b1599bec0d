#include "workbench/compare/compare.h"

#include <filesystem>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <thalweg/error.h>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/compare_options.h"
#include "cli/interruption.h"
#include "cli/language.h"
#include "cli/text.h"
#include "data/files.h"
#include "report/against.h"
#include "report/feature_rates.h"
#include "report/journal.h"
#include "report/page.h"
#include "report/results.h"
#include "report/summary.h"
#include "report/surface.h"
#include "report/terminal.h"
#include "workbench/compare/experiment.h"
#include "workbench/compare/pictures.h"

namespace thalweg::cli {
namespace {

namespace fs = std::filesystem;
using workbench::CompareProgress;
using workbench::SuiteOptions;

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

/// What a comparison or a suite is printed from.
struct Outcome {
  std::string headline;
  std::vector<std::string> notes;
  std::vector<std::vector<std::string>> tables;  ///< each as lines
  std::string explanation;
  std::string results;  ///< JSON
  bool any_score = false;
  std::vector<std::string> surfaces;    ///< JSON, one per workload, "" where there is none
  std::vector<std::string> findings{};  ///< sentences beside the tables
};

/// What rare features get, on each workload that has some.
std::vector<std::string> findings_of(const std::vector<workbench::Comparison>& workloads) {
  std::vector<std::string> all;
  for (const workbench::Comparison& one : workloads) {
    const std::string text = report::feature_rates_text(one);
    if (!text.empty())
      all.push_back(workloads.size() == 1 ? text : fmt::format("{}: {}", one.options.id(), text));
  }
  return all;
}

/// What the page shows beside the numbers. Of a suite's models there are none: the page would grow too large.
std::vector<std::string> surfaces_of(const std::vector<workbench::Comparison>& workloads) {
  std::vector<std::string> all;
  for (const workbench::Comparison& one : workloads) {
    Interruption::check();
    const bool shown = workloads.size() == 1 || one.options.is_function();
    const std::optional<workbench::Surface> surface = shown ? workbench::picture_of(one) : std::nullopt;
    all.push_back(surface ? report::surface_json(*surface, "") : "");
  }
  return all;
}

class Compare : public Command {
 public:
  About about() const override {
    return {
        "compare",
        "which optimizer is best on these data, judged fairly",
        "Each optimizer gets the same budget of trials over its own range of learning rates, a factor of "
        "100 to both sides of its default, judged on the validation part. The best setting is then trained "
        "with several other seeds and judged on the test part: a mean with its 95 % interval, and ties "
        "where the difference may be chance; how soon it reached a target; what a wrong learning rate costs. "
        "Writes results.json, report.html, which opens offline, and experiment.toml, which repeats it.",
        {{"compare", "All optimizers on the bundled digits:"},
         {"compare --data iris --model softmax --optimizer adam --optimizer sgd", "Some of them on others:"},
         {"compare -o adam -o adam:beta2=0.9 -o adam:like=keras", "Variants of one optimizer:"},
         {"compare -o adam:lr=1e-4..1e-2 -o sgd:lr=0.1",
          "A range of one's own for the learning rate, and one that is not tuned:"},
         {"compare --tune lr,beta1,weight_decay --tuner halving --trials 30",
          "More keys, by successive halving:"},
         {"compare --suite quick --output suite", "Over functions, linear models and networks:"},
         {"compare --trials 20 --seeds 30 --epochs 50 --output long", "More certainty, for more time:"},
         {"compare long/experiment.toml --output long --resume", "Going on where that was interrupted:"},
         {"compare --against thalweg-report/results.json --results long/results.json",
          "What changed between two of them:"},
         {"compare --json | tail -n 1 | jq -r .ranking[0].spec", "For machines:"}}};
  }

  void declare(Arguments& a) override {
    arguments_ = &a;
    what_.declare(a);
    a.group("Results");
    a.text("--output", "FOLDER", output_, "where to write them");
    a.flag("--resume", resume_, "go on with the comparison of that folder that was interrupted");
    a.text("--against", "FILE", against_, "an earlier results.json: say what changed");
    a.text("--results", "FILE", results_, "with --against: compare this one with it, and run nothing");
    language_.declare(a);
  }

  int run(const Session& session) override {
    const messages::Language language = language_.language();
    if (arguments_->given("--results")) return compare_files(session);
    const SuiteOptions options = what_.options(session.options);
    std::optional<report::ReadResults> before;
    if (arguments_->given("--against")) before = read_against(options);
    make_folder(output_);
    report::Journal journal(output_, workbench::experiment_text(options), resume_);
    announce(journal, session.options.quiet);
    data::write_file(in_output("experiment.toml"), workbench::experiment_text(options));

    Outcome outcome = compared(options, session, journal);
    std::optional<report::Change> change;
    const auto write = [&] {
      data::write_file(in_output("results.json"), outcome.results);
      data::write_file(in_output("report.html"),
                       report::report_page(outcome.results, language, outcome.surfaces));
    };
    write();
    journal.finish();
    if (before) {
      change = report::changes(*before, report::parse_results(outcome.results, in_output("results.json")));
      outcome.results = report::with_change(outcome.results, *change);
      write();
    }
    if (session.options.json)
      print_json(outcome);
    else
      print(session, outcome, change);
    return outcome.any_score ? Exit::done : Exit::missed;
  }

 private:
  [[nodiscard]] std::string in_output(const char* name) const { return (fs::path(output_) / name).string(); }

  /// Reads the earlier results before the work, and refuses what can already be seen not to compare.
  report::ReadResults read_against(const SuiteOptions& options) const {
    report::ReadResults before = report::read_results(against_);
    if (before.is_suite == is_single(options)) {
      throw input_error(against_, before.is_suite ? "results of a suite" : "results on one workload",
                        before.is_suite ? "those on one, as this is" : "those of a suite, as this is");
    }
    if (is_single(options)) {
      const std::string place = report::data_name(options.workloads.front());
      const std::string& there = before.workloads.front().data;
      if (place != there) throw input_error(against_, "results on " + there, "results on " + place);
    }
    return before;
  }

  int compare_files(const Session& session) const {
    if (!arguments_->given("--against"))
      throw Error(Error::Kind::usage, "--against", "", "a file",
                  "--against FILE is missing: the earlier results that " + results_ + " is compared with");
    for (const char* flag : {"EXPERIMENT", "--data", "--model", "--optimizer", "--suite", "--problem",
                             "--dimension", "--trials", "--tuner", "--tune", "--seeds", "--epochs", "--batch",
                             "--steps", "--target", "--label", "--test", "--output", "--resume"}) {
      if (arguments_->given(flag))
        throw Error(Error::Kind::usage, flag, "given", "not with --results",
                    std::string(flag) + " is for a run, but --results compares two files without one");
    }
    const report::Change change =
        report::changes(report::read_results(against_), report::read_results(results_));
    if (session.options.json) {
      fmt::print("{}\n", report::change_json(change));
      return Exit::done;
    }
    for (const std::string& line :
         report::change_lines(change, session.terminal.width, session.terminal.color))
      fmt::print("{}\n", line);
    return Exit::done;
  }

  void announce(const report::Journal& journal, bool quiet) const {
    if (quiet) return;
    if (resume_)
      fmt::print(stderr, "going on with {} finished runs of {}\n", journal.size(), journal.path());
    else if (journal.put_aside() > 0)
      fmt::print(stderr, "starting anew; {} finished runs of an interrupted comparison are now in {}~\n",
                 journal.put_aside(), journal.path());
  }

  Outcome compared(const SuiteOptions& options, const Session& session, report::Journal& journal) {
    const Interruption interruption;
    try {
      Progress progress(session.options.quiet);
      const auto observer = [&](const CompareProgress& p) {
        Interruption::check();
        // In a pipe every other text is a line of its own, so there only the phase is told.
        const bool terminal = isatty(STDERR_FILENO) != 0;
        std::string what = p.workload.empty() ? phase_text(p) : p.workload;
        if (terminal) {
          what =
              fmt::format("{}{}{}/{} {} {}", p.workload, p.workload.empty() ? "" : ": ", p.runs_done, p.runs,
                          p.phase == CompareProgress::Phase::judged ? "judging" : "tuning", p.running);
        }
        progress.update(p.fraction, what);
      };
      const auto environment = report::Environment::present(options.common.isa);
      const std::size_t width = session.terminal.width;
      const bool color = session.terminal.color;
      if (!is_single(options)) {
        const workbench::SuiteComparison suite = workbench::compare_suite(options, observer, &journal);
        return {report::headline(suite),
                report::notes(suite),
                {report::overall_lines(suite, width, color), report::workload_lines(suite, width, color)},
                "area: under the performance profile of the steps to each workload's target, from 1 to 4 "
                "times the "
                "fastest (the curve); its bar is a 95 % bootstrap interval over workloads and seeds. place: "
                "mean place "
                "by final score.",
                report::results_json(suite, environment),
                suite.ranking.front().area > 0,
                surfaces_of(suite.workloads),
                findings_of(suite.workloads)};
      }
      const workbench::Comparison comparison = workbench::compare(options.of(0), observer, &journal);
      const bool any_score = !comparison.ranking.empty() && comparison.ranking.front().score;
      return {
          report::headline(comparison),
          report::notes(comparison),
          {report::ranking_lines(comparison, width, color), report::way_lines(comparison, width, color)},
          "The rank is 1 plus the number of optimizers that are better beyond chance; \"=\" is a tie. The "
          "bars are 95 % intervals of the mean over the seeds. \"rate off\" is the mean loss of score from a "
          "tenth to ten times the best learning rate. " +
              report::target_text(comparison),
          report::results_json(comparison, environment),
          any_score,
          surfaces_of({comparison}),
          findings_of({comparison})};
    } catch (const Interrupted&) {
      if (!session.options.quiet) {
        fmt::print(
            stderr,
            "thalweg: interrupted; {} finished runs are kept: the same command with --resume goes on\n",
            journal.size());
      }
      Interruption::end();
    }
  }

  void print_json(const Outcome& outcome) const {
    const auto all = nlohmann::ordered_json::parse(outcome.results);
    const bool suite = all.at("kind") == "suite";
    nlohmann::ordered_json shown{{"headline", all.at("headline")},
                                 {"notes", all.at("notes")},
                                 {"ranking", suite ? all.at("overall").at("ranking") : all.at("ranking")},
                                 {"seconds", all.at("seconds")},
                                 {"results", in_output("results.json")},
                                 {"report", in_output("report.html")},
                                 {"experiment", in_output("experiment.toml")}};
    if (all.contains("against")) shown["against"] = all.at("against");
    fmt::print("{}\n", shown.dump());
  }

  void print(const Session& session, const Outcome& outcome,
             const std::optional<report::Change>& change) const {
    const std::size_t width = session.terminal.width;
    fmt::print("{}", paragraph(outcome.headline, width));
    for (const auto& table : outcome.tables) {
      if (!table.empty()) fmt::print("\n");
      for (const std::string& line : table) fmt::print("{}\n", line);
    }
    std::string notes = "\n";
    for (const std::string& finding : outcome.findings) notes += paragraph(finding, width);
    if (!session.options.quiet) notes += paragraph(outcome.explanation, width);
    for (const std::string& note : outcome.notes) notes += paragraph(note, width);
    if (notes.size() > 1) fmt::print("{}", notes);
    if (change) {
      fmt::print("\n");
      for (const std::string& line : report::change_lines(*change, width, session.terminal.color))
        fmt::print("{}\n", line);
    }
    fmt::print("\n{}\n{}\n{}\n", in_output("results.json"), in_output("experiment.toml"),
               in_output("report.html"));
  }

  const Arguments* arguments_ = nullptr;
  CompareArguments what_;
  LanguageOption language_;
  std::string output_ = "thalweg-report", against_, results_;
  bool resume_ = false;
};

}  // namespace

std::unique_ptr<Command> compare_command() { return std::make_unique<Compare>(); }

}  // namespace thalweg::cli
