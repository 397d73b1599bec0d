#include "report/surface.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <thalweg/error.h>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/language.h"
#include "cli/step_options.h"
#include "cli/table.h"
#include "cli/text.h"
#include "data/files.h"
#include "data/load.h"
#include "workbench/formula.h"
#include "workbench/surface_slice.h"

namespace thalweg::cli {
namespace {

namespace fs = std::filesystem;
using messages::Language;
using workbench::Surface;
using workbench::SurfacePath;

/// "LOW..HIGH"
std::optional<Problem::Interval> range_of(const std::string& option, const std::string& text) {
  if (text.empty()) return std::nullopt;
  Problem::Interval range;
  const std::size_t dots = text.find("..");
  if (dots == std::string::npos || !parse_number(text.substr(0, dots), range.low) ||
      !parse_number(text.substr(dots + 2), range.high))
    throw usage_error(option, text, "must be two numbers, the lower one first: -2..2");
  return range;
}

class SurfaceCommand : public Command {
 public:
  About about() const override {
    return {
        "surface",
        "draw optimizers on a surface: contours, relief, paths",
        "What is drawn: a problem of two dimensions (thalweg list problems), a formula of x and y, or the "
        "loss of a model "
        "on the plane in which its parameters moved most. An optimizer without a rate gets one that suits "
        "the "
        "surface, found by a small search; what was used is said. --html writes one page that opens offline, "
        "with both pictures, a slider for the steps, and the data.",
        {{"surface", "Six optimizers in Rosenbrock's valley:"},
         {"surface rosenbrock -o adam -o momentum:lr=1e-3 --steps 500 --start -1.5,2 --html out.html",
          "Some of them, from another start, as a page:"},
         {"surface --function \"x^2 + 20*y^2\" --start 8,1 --svg ravine.svg",
          "A formula of one's own, as a picture:"},
         {"surface --data digits --model mlp:16 -o adam -o sgd --html slice.html",
          "The loss of a network that learns digits:"},
         {"surface himmelblau -o sgd:lr=0.005 --noise 400 --seed 3",
          "How noise makes the descent fluctuate:"}}};
  }

  void declare(Arguments& a) override {
    a.text("PROBLEM", "PROBLEM", problem_,
           "one of `thalweg list problems`, of two dimensions (rosenbrock, if nothing is given)");
    a.text("--function", "FORMULA", function_,
           "of x and y instead: + - * / ^, comparisons, c ? a : b, pi, e, " + workbench::formula_functions());
    a.texts("--optimizer,-o", "SPEC", optimizers_,
            "NAME or NAME:key=value,...; left out: " + joined(workbench::default_surface_optimizers()));
    step_.declare_around(a);
    a.number("--noise", noise_, at_least(0),
             "add noise of this variance to every gradient, as mini-batches do");
    a.numbers("--start", start_, any_number(), "where all begin: x,y; else the problem's own start");
    a.count("--steps", steps_, at_least(0), "of each optimizer; 0: 500, or all epochs of a model");
    a.group("Picture");
    a.text("--x-range", "LOW..HIGH", x_range_, "what to show; else what the problem and the paths need");
    a.text("--y-range", "LOW..HIGH", y_range_, "the same upwards");
    a.count("--grid", grid_, in_closed(0, 1001), "points along each side; 0: 121, or 51 of a model");
    a.flag("--quick", quick_, "a coarser grid, and for a model fewer epochs");
    a.text("--html", "FILE", html_, "write the page");
    a.text("--svg", "FILE", svg_, "write the contours with the paths as a static picture");
    a.text("--output", "FOLDER", output_, "write surface.json, surface.html and surface.svg");
    language_.declare(a);
    a.group("A model's loss");
    a.text("--data,-d", "NAME|FILE|FOLDER", data_, "what the model learns from");
    a.text("--model,-m", "SPEC", model_, "linear, logistic, softmax or mlp:UNITS,UNITS,...");
    a.text("--label", "NAME|INDEX", label_,
           "the column to predict, by name or from 1; the last one if left out");
    a.count("--epochs,-e", epochs_, at_least(1), "passes over the training part");
    a.count("--batch,-b", batch_, at_least(0), "examples per step; 0: all of them");
  }

  int run(const Session& session) override {
    const Language language = language_.language();
    if (noise_ > 0) step_.transforms.push_back("noise:eta=" + number_text(noise_) + ",gamma=0");
    Progress progress(session.options.quiet);
    const auto observer = [&](double fraction, const std::string& what) {
      progress.update(fraction, "drawing " + what);
    };
    check_choice();
    const bool model = !data_.empty();
    const Surface surface = model ? slice(session, observer) : function(session, observer);
    progress.clear();

    const std::string json = report::surface_json(surface, command_line(session));
    if (!output_.empty()) {
      make_folder(output_);
      data::write_file((fs::path(output_) / "surface.json").string(), json + "\n");
      write(html_.empty() ? (fs::path(output_) / "surface.html").string() : html_,
            report::surface_page(json, language));
      write(svg_.empty() ? (fs::path(output_) / "surface.svg").string() : svg_,
            report::surface_svg(surface, language));
    } else {
      if (!html_.empty()) write(html_, report::surface_page(json, language));
      if (!svg_.empty()) write(svg_, report::surface_svg(surface, language));
    }
    if (session.options.json)
      fmt::print("{}\n", json);
    else
      print(session, surface, language);
    return Exit::done;
  }

 private:
  void check_choice() {
    const int given = (problem_.empty() ? 0 : 1) + (function_.empty() ? 0 : 1) + (data_.empty() ? 0 : 1);
    if (given > 1)
      throw Error(Error::Kind::usage, "PROBLEM", problem_, "one of them",
                  "a problem, --function and --data exclude each other: one surface is drawn");
    if (given == 0) problem_ = "rosenbrock";
    if (data_.empty()) return;
    if (!start_.empty())
      throw usage_error("--start", fmt::format("{}", fmt::join(start_, ",")),
                        "is for functions; a model starts as --seed says");
  }

  Surface function(const Session& session, const workbench::SurfaceObserver& observer) {
    const Problem problem = function_.empty() ? flat_problem() : workbench::make_formula(function_, 2);
    workbench::SurfaceOptions options;
    options.optimizers = optimizers_;
    options.schedules = step_.made_schedules();
    options.transforms = step_.made_transforms(session.options.seed);
    options.plateau = step_.plateau();
    options.start = start_;
    options.steps = steps_ == 0 ? 500 : steps_;
    options.x = range_of("--x-range", x_range_);
    options.y = range_of("--y-range", y_range_);
    options.grid = grid_ > 0 ? grid_ : quick_ ? 61 : 121;
    // A page with very many paths keeps fewer points of each.
    options.points =
        std::clamp<std::size_t>(40'000 / std::max<std::size_t>(1, optimizers_.size()), 200, 2000);
    options.seed = session.options.seed;
    options.execution = session.options.execution();
    return workbench::draw_surface(problem, options, observer);
  }

  /// The problem, in two dimensions if it can be had in them.
  [[nodiscard]] Problem flat_problem() const {
    const Problem own = make_problem(problem_);
    for (const ProblemInfo& info : problems()) {
      if (info.name == problem_ && info.any_dimension && own.dimension != 2) return make_problem(problem_, 2);
    }
    return own;
  }

  Surface slice(const Session& session, const workbench::SurfaceObserver& observer) {
    workbench::SliceOptions options;
    options.optimizers = optimizers_;
    options.train.schedules = step_.made_schedules();
    options.train.transforms = step_.made_transforms(session.options.seed);
    options.train.plateau = step_.plateau();
    options.train.epochs = quick_ ? std::min<std::uint64_t>(epochs_, 5) : epochs_;
    options.train.batch = batch_;
    options.train.seed = session.options.seed;
    options.train.threads = session.options.threads;
    options.train.isa = session.options.isa;
    if (steps_ > 0) options.train.max_steps = steps_;
    options.x = range_of("--x-range", x_range_);
    options.y = range_of("--y-range", y_range_);
    options.grid = grid_ > 0 ? grid_ : quick_ ? 31 : 51;
    const models::ModelSpec model = models::make_model(model_);
    data::LoadOptions load;
    load.label = label_;
    load.seed = session.options.seed;
    load.standardize_target = true;
    return workbench::draw_slice(data::load_split(data_, load), model, options, observer);
  }

  [[nodiscard]] std::string command_line(const Session& session) const {
    std::string line = "thalweg surface";
    const auto add = [&](const std::string& word) { line += " " + shell_word(word); };
    const auto option = [&](const char* name, const std::string& value) {
      if (value.empty()) return;
      add(name);
      add(value);
    };
    const auto count = [&](const char* name, std::uint64_t value, std::uint64_t standard) {
      if (value != standard) option(name, std::to_string(value));
    };
    if (!problem_.empty()) add(problem_);
    option("--function", function_);
    option("--data", data_);
    if (!data_.empty()) option("--model", model_);
    option("--label", label_);
    for (const std::string& spec : optimizers_) option("--optimizer", spec);
    for (const std::string& schedule : step_.schedules) option("--schedule", schedule);
    for (const std::string& transform : step_.transforms) option("--transform", transform);
    if (!start_.empty()) {
      std::string numbers;
      for (const double number : start_) numbers += (numbers.empty() ? "" : ",") + number_text(number);
      option("--start", numbers);
    }
    count("--steps", steps_, 0);
    count("--grid", grid_, 0);
    option("--x-range", x_range_);
    option("--y-range", y_range_);
    if (quick_) add("--quick");
    if (!data_.empty()) count("--epochs", epochs_, default_epochs);
    if (!data_.empty()) count("--batch", batch_, default_batch);
    count("--seed", session.options.seed, 0);
    return line;
  }

  static void make_folder(const std::string& path) {
    std::error_code failure;
    fs::create_directories(path, failure);
    if (failure || !fs::is_directory(path) || access(path.c_str(), W_OK) != 0)
      throw input_error(path, failure ? failure.message() : "no folder that can be written to",
                        "a folder for the pictures");
  }

  void write(const std::string& path, const std::string& text) {
    data::write_file(path, text);
    written_.push_back(path);
  }

  void print(const Session& session, const Surface& surface, Language language) const {
    const Terminal& terminal = session.terminal;
    fmt::print("{}\n", paragraph(report::surface_headline(surface, language), terminal.width));
    for (const std::string& line : report::surface_lines(surface, terminal.width, terminal.color))
      fmt::print("{}\n", line);
    fmt::print("\n");
    const auto word = [&](const char* id) {
      return std::string(messages::text(language, std::string("surface.") + id));
    };
    const bool distance = std::any_of(surface.paths.begin(), surface.paths.end(),
                                      [](const SurfacePath& p) { return p.distance.has_value(); });
    std::vector<Table::Column> columns{
        {},
        {.title = word("path"), .style = Table::Style::accent},
        {.title = word("steps"), .right = true},
        {.title = word(surface.slice ? "loss.last" : "f.last"), .right = true}};
    if (distance) columns.push_back({.title = word("distance"), .right = true});
    columns.push_back({.title = word("end")});
    Table table(columns);
    for (std::size_t k = 0; k < surface.paths.size(); ++k) {
      const SurfacePath& path = surface.paths[k];
      std::vector<std::string> cells{report::path_letter(k, terminal.color), path.spec,
                                     std::to_string(path.steps), short_number(path.value.back(), 4)};
      if (distance) cells.push_back(path.distance ? short_number(*path.distance, 3) : "");
      cells.push_back(report::end_text(path, language));
      table.add(std::move(cells));
    }
    fmt::print("{}", table.text(terminal));
    if (surface.slice && !session.options.quiet)
      fmt::print(
          "\n{}",
          paragraph(
              messages::format(
                  language, "surface.facts.slice", fmt::arg("model", surface.slice->model),
                  fmt::arg("parameters", surface.slice->parameters), fmt::arg("data", surface.slice->data),
                  fmt::arg("rows", surface.slice->rows), fmt::arg("epochs", surface.slice->epochs),
                  fmt::arg("batch", surface.slice->batch),
                  fmt::arg("x", short_number(100 * surface.slice->share_x, 3)),
                  fmt::arg("y", short_number(100 * surface.slice->share_y, 3)),
                  fmt::arg("both", short_number(100 * (surface.slice->share_x + surface.slice->share_y), 3))),
              terminal.width));
    const bool tuned =
        std::any_of(surface.paths.begin(), surface.paths.end(), [](const SurfacePath& p) { return p.tuned; });
    if (tuned && !session.options.quiet)
      fmt::print("\n{}", paragraph(word(surface.slice ? "tuned.lead.slice" : "tuned.lead"), terminal.width));
    if (!written_.empty()) fmt::print("\n");
    for (const std::string& file : written_) fmt::print("{}\n", file);
  }

  static constexpr std::uint64_t default_epochs = 15, default_batch = 32;

  StepOptions step_;
  LanguageOption language_;
  std::string problem_, function_, data_, model_ = "mlp:16", label_, x_range_, y_range_, html_, svg_, output_;
  std::vector<std::string> optimizers_, written_;
  std::vector<double> start_;
  std::uint64_t steps_ = 0, grid_ = 0, epochs_ = default_epochs, batch_ = default_batch;
  double noise_ = 0;
  bool quick_ = false;
};

}  // namespace

std::unique_ptr<Command> surface_command() { return std::make_unique<SurfaceCommand>(); }

}  // namespace thalweg::cli
