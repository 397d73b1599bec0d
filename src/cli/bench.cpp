#include <algorithm>
#include <filesystem>
#include <optional>

#include <fmt/format.h>

#include <thalweg/error.h>
#include <thalweg/registry.h>

#include "bench/compare.h"
#include "bench/roofline.h"
#include "bench/suite.h"
#include "bench/tables.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/interruption.h"
#include "cli/table.h"
#include "cli/text.h"
#include "data/files.h"

namespace thalweg::cli {
namespace {

using bench::Record;

std::vector<std::string> listed(const std::string& option, const std::string& text) {
  std::vector<std::string> all;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    if (end == at) throw usage_error(option, text, "must be names with commas between");
    all.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return all;
}

Record read_record(const std::string& file) { return bench::from_json(data::read_file(file), file); }

class Bench : public Command {
 public:
  About about() const override {
    return {
        "bench",
        "the limits of this machine, and how near each rule comes",
        "Times bare loops over memory and bare arithmetic, every rule, what surrounds a rule, and the other "
        "libraries whose modules are found, in turn, round by round, on the same data. Figures are medians "
        "over rounds; per cents are of the loop that moves the same arrays, in the same rounds. Then epochs "
        "of "
        "dense networks, against the matrix products that they need, steps of linear models on sparse rows, "
        "against reading and writing at the same places, and the reading of files, against reading the same "
        "bytes into memory. A whole run takes some minutes and wants a quiet machine.",
        {{"bench", "All of it:"},
         {"bench --quick", "Fewer sizes and rounds, in a minute or two:"},
         {"bench --rules adam,sgd --sizes 1e6,1e7 --precision float32", "Some of it:"},
         {"bench --only training,load", "How fast networks train and files are read:"},
         {"bench --only sparse", "How fast linear models step on sparse rows:"},
         {"bench --output now.json --compare before.json", "What changed since an earlier run:"},
         {"bench --from now.json --plot roofline.html", "A picture of a run:"},
         {"bench --json | jq '.entries[] | select(.group == \"rule\")'", "For machines:"}}};
  }

  void declare(Arguments& a) override {
    a.text(
        "--only", "KIND,...", only_,
        "what to measure: steps (limits, rules, what surrounds them, other libraries), training (epochs of "
        "dense networks), sparse (linear models on sparse rows), load (files of 64 MB); all if left out, "
        "steps where --rules, --sizes or "
        "--precision are given");
    a.text("--rules", "NAME,...", rules_, "which rules, each in its default form; all if left out");
    a.text(
        "--sizes", "SIZE,...", sizes_,
        "L1, a number of parameters or TENSORSxEACH; all of L1,1e4,1e5,1e6,1e7,1e8,10000x1000 if left out");
    a.choice("--precision", {"both", "float32", "float64"}, precision_, "of parameters, gradients and state");
    a.count("--rounds", rounds_, at_least(0), "0: 11, from 3e6 parameters on 7, from 3e7 on 5");
    a.flag("--quick", quick_, "fewer sizes and rounds");
    a.text("--peers", "FOLDER", peers_, "modules of other libraries; peers/ beside the program if left out");
    a.group("Results");
    a.text("--output", "FILE", output_, "write the record, which is JSON");
    a.text("--compare", "FILE", compare_, "an earlier record: say what changed");
    a.text("--from", "FILE", from_, "show this record and measure nothing");
    a.text("--plot", "FILE", plot_, "write a roofline plot: .svg or .html");
    a.flag("--markdown", markdown_, "print the tables as Markdown");
  }

  int run(const Session& session) override {
    if (!plot_.empty() && !ends_with(".svg") && !ends_with(".html"))
      throw usage_error("--plot", plot_, "must end with .svg or .html");
    const std::optional<Record> before =
        compare_.empty() ? std::nullopt : std::optional(read_record(compare_));
    const Record record = from_.empty() ? measured(session) : read_record(from_);
    const std::string json = bench::to_json(record);
    if (!output_.empty()) data::write_file(output_, json + "\n");
    if (!plot_.empty())
      data::write_file(plot_, ends_with(".svg") ? bench::roofline_svg(record) : bench::roofline_page(record));
    if (session.options.json)
      fmt::print("{}\n", json);
    else if (markdown_)
      fmt::print("{}", bench::markdown_of(record));
    else
      print(session, record);
    if (before && !session.options.json) print_changes(session, *before, record);
    for (const std::string& error : record.errors) fmt::print(stderr, "thalweg: error: {}\n", error);
    return record.errors.empty() ? Exit::done : Exit::missed;
  }

 private:
  [[nodiscard]] bool ends_with(const std::string& ending) const {
    return plot_.size() > ending.size() &&
           plot_.compare(plot_.size() - ending.size(), ending.size(), ending) == 0;
  }

  [[nodiscard]] std::string command_line(const Session& session) const {
    std::string all = "thalweg bench";
    const auto add = [&](const char* option, const std::string& value) {
      if (!value.empty()) all += fmt::format(" {} {}", option, shell_word(value));
    };
    add("--only", only_);
    add("--rules", rules_);
    add("--sizes", sizes_);
    if (precision_ != "both") add("--precision", precision_);
    if (rounds_ > 0) add("--rounds", std::to_string(rounds_));
    if (quick_) all += " --quick";
    if (session.options.threads > 0) add("--threads", std::to_string(session.options.threads));
    if (session.options.isa != "best") add("--isa", session.options.isa);
    return all;
  }

  [[nodiscard]] std::vector<std::string> chosen_kinds() const {
    const bool about_steps = !rules_.empty() || !sizes_.empty() || precision_ != "both";
    if (only_.empty()) return about_steps ? std::vector<std::string>{"steps"} : std::vector<std::string>{};
    const std::vector<std::string> only = listed("--only", only_);
    for (const std::string& kind : only) {
      if (std::find(bench::kinds().begin(), bench::kinds().end(), kind) == bench::kinds().end())
        throw unknown_name("kind of measurement", kind, bench::kinds());
    }
    if (about_steps && std::find(only.begin(), only.end(), "steps") == only.end())
      throw usage_error("--only", only_,
                        "must have steps in it where --rules, --sizes or --precision are given");
    return only;
  }

  [[nodiscard]] std::vector<AnyRule> chosen_rules() const {
    std::vector<AnyRule> all;
    if (rules_.empty()) {
      for (const detail::RuleInfo* info : rules()) all.push_back(make_rule(info->card.name));
      return all;
    }
    for (const std::string& name : listed("--rules", rules_)) {
      const bool twice =
          std::any_of(all.begin(), all.end(), [&](const AnyRule& r) { return r.name() == name; });
      if (twice) throw usage_error("--rules", rules_, "must name " + name + " once");
      if (name.find(':') != std::string::npos)
        throw usage_error("--rules", name,
                          "must be a name without settings: rules are timed in their default form");
      all.push_back(make_rule(name));
    }
    return all;
  }

  Record measured(const Session& session) {
    bench::Options options;
    options.only = chosen_kinds();
    if (quick_) options.load_bytes = 16'000'000;
    options.rules = chosen_rules();
    if (!sizes_.empty())
      options.sizes = listed("--sizes", sizes_);
    else
      options.sizes = quick_ ? std::vector<std::string>{"L1", "1e6", "1e7"} : bench::all_sizes();
    for (const std::string& size : options.sizes) bench::check_size("--sizes", size);
    if (precision_ == "float32") options.precisions = {Precision::float32};
    if (precision_ == "float64") options.precisions = {Precision::float64};
    options.rounds = rounds_ > 0 ? rounds_ : quick_ ? 3 : 0;
    options.threads = session.options.threads;
    options.isa = session.options.isa;
    (void)find_isa(options.isa);
    options.command = command_line(session);
    options.version = THALWEG_VERSION;
    options.peers = peers_;
    if (!peers_.empty() && !std::filesystem::is_directory(peers_))
      throw usage_error("--peers", peers_, "must be a folder");
    if (peers_.empty()) {
      std::error_code error;
      options.peers =
          (std::filesystem::read_symlink("/proc/self/exe", error).parent_path() / "peers").string();
    }
    const Interruption interruption;
    Progress progress(session.options.quiet);
    try {
      Record record = bench::run_suite(options, [&](double done, const std::string& what) {
        Interruption::check();
        progress.update(done, what);
      });
      progress.clear();
      return record;
    } catch (const Interrupted&) {
      progress.clear();
      Interruption::end();
    }
  }

  static void print_table(const Session& session, const bench::TableText& text) {
    fmt::print("\n");
    for (const std::string& line : wrapped(text.title, session.terminal.width))
      fmt::print("{}\n", session.terminal.bold(line));
    std::vector<Table::Column> columns;
    for (std::size_t i = 0; i < text.columns.size(); ++i)
      columns.push_back({.title = text.columns[i],
                         .right = i > 0,
                         .style = i == 0 ? Table::Style::accent : Table::Style::plain});
    Table table(columns);
    for (const auto& row : text.rows) table.add(row);
    fmt::print("{}", table.text(session.terminal));
    if (!text.note.empty()) fmt::print("{}", paragraph(text.note, session.terminal.width, 2));
  }

  static void print(const Session& session, const Record& record) {
    fmt::print("{}", paragraph(bench::machine_line(record), session.terminal.width));
    for (const bench::TableText& table : bench::tables_of(record)) print_table(session, table);
    for (const std::string& peer : record.peers) fmt::print("{}", paragraph(peer, session.terminal.width, 2));
    for (const std::string& left : record.left_out)
      fmt::print("{}", paragraph("Left out: " + left, session.terminal.width));
    const std::vector<bench::Goal> goals = bench::goals_of(record);
    if (goals.empty()) return;
    fmt::print("\n{}\n", session.terminal.bold("goals"));
    for (const bench::Goal& goal : goals) {
      const std::string verdict = goal.met() ? goal.verdict() : session.terminal.bold(goal.verdict());
      fmt::print("{}", paragraph(fmt::format("{}: {}, {}", goal.what, goal.figure, verdict),
                                 session.terminal.width, 2));
      if (!goal.met() && !goal.binds.empty())
        fmt::print("{}", paragraph(goal.binds, session.terminal.width, 6));
    }
  }

  void print_changes(const Session& session, const Record& before, const Record& now) const {
    bench::TableText table;
    table.title = fmt::format("since {} ({})", before.date, compare_);
    table.columns = {"", "then", "now", "ratio", ""};
    std::size_t all = 0;
    for (const bench::Change& change : bench::compare(before, now)) {
      ++all;
      if (change.verdict.empty()) continue;
      table.rows.push_back({change.what, fmt::format("{:.3g}", change.before),
                            fmt::format("{:.3g}", change.now), fmt::format("{:.3f}", change.ratio),
                            change.verdict});
    }
    for (const std::string& difference : bench::differences(before.machine, now.machine))
      fmt::print("{}", paragraph("Another machine or build: " + difference, session.terminal.width));
    table.note =
        fmt::format("{} of {} cases changed by more than the spread of both; the others are not shown.",
                    table.rows.size(), all);
    print_table(session, table);
  }

  std::string only_, rules_, sizes_, precision_ = "both", peers_, output_, compare_, from_, plot_;
  std::uint64_t rounds_ = 0;
  bool quick_ = false, markdown_ = false;
};

}  // namespace

std::unique_ptr<Command> bench_command() { return std::make_unique<Bench>(); }

}  // namespace thalweg::cli
