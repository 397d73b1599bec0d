// What is told about schedules: their numbers over the steps.

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include <thalweg/registry.h>

#include "cli/explanation.h"
#include "cli/text.h"

namespace thalweg::cli {
namespace {

constexpr std::size_t samples = 240;  // of a curve: more than a terminal has columns

/// How far the numbers of the first `steps` steps are apart.
double spread(const Schedule& schedule, double begin, double steps) {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (std::size_t i = 0; i < samples; ++i) {
    const double t = 1 + begin + std::floor(steps * static_cast<double>(i) / (samples - 1));
    low = std::min(low, schedule.at(t, 1));
    high = std::max(high, schedule.at(t, 1));
  }
  return high - low;
}

/// As many steps as are worth to be shown: all of a schedule that ends, else until it has done most of what
/// it will do, three times over (three falls, three periods).
double shown_steps(const Schedule& schedule) {
  double finite = 0;
  for (const Segment& segment : schedule.segments()) {
    const double length = segment.info().length(segment.object());
    if (std::isfinite(length)) {
      finite += length;
      continue;
    }
    for (double ten = 10; ten < 1e12; ten *= 10) {
      for (const double steps : {ten, 2 * ten, 5 * ten}) {
        const double now = spread(schedule, finite, steps);
        if (now > 0 && now >= 0.8 * spread(schedule, finite, 8 * steps)) return finite + 3 * steps;
      }
    }
    finite += 100;  // never changes
  }
  return finite;
}

template <class At>
Explanation::Curve curve(double steps, const std::string& title, const At& at) {
  Explanation::Curve result{title, static_cast<std::uint64_t>(steps), {}};
  const auto count = static_cast<std::size_t>(std::min<double>(samples, steps));
  for (std::size_t i = 0; i < count; ++i) {
    const double share = count > 1 ? static_cast<double>(i) / static_cast<double>(count - 1) : 0;
    result.values.push_back(at(1 + std::floor((steps - 1) * share)));
  }
  return result;
}

Explanation explain_plateau(std::string_view specification) {
  const Plateau plateau = make_plateau(specification);
  const detail::Erased<detail::ObjectInfo> object(plateau_info(), std::make_shared<Plateau>(plateau));
  Explanation all;
  all.kind = "schedule";
  all.name = object.name();
  all.specification = object.text();
  all.title = object.info().card.title;
  all.paper = object.info().card.paper;
  all.idea = object.info().card.idea;
  all.keys = key_rows(object);
  constexpr double good = 10;
  PlateauTracker tracker(plateau);
  std::vector<double> factors;
  const double sign = plateau.mode == Plateau::Mode::min ? -1 : 1;
  const double checks = good + 3 * static_cast<double>(plateau.patience + plateau.cooldown + 2);
  for (double check = 1; check <= std::min(checks, 10'000.0); ++check) {
    tracker.observe(sign * (100 + std::min(check, good)));
    factors.push_back(tracker.factor());
  }
  all.curve =
      curve(static_cast<double>(factors.size()), "Over the checks of a metric that improves for 10 of them",
            [&](double check) { return factors[static_cast<std::size_t>(check) - 1]; });
  all.examples = {{"minimize rosenbrock --schedule lr=" + all.specification, "For the learning rate:"}};
  all.code =
      "tw::PlateauTracker plateau(tw::Plateau{});\n"
      "if (plateau.observe(validation_loss)) optimizer.scale(\"lr\", plateau.factor());\n";
  return all;
}

}  // namespace

Explanation explain_schedule(std::string_view specification) {
  const std::string plateau = plateau_info().card.name;
  if (specification.substr(0, specification.find(':')) == plateau) return explain_plateau(specification);
  const Schedule schedule = make_schedule(specification);
  const Segment& first = schedule.segments().front();
  Explanation all;
  all.kind = "schedule";
  all.name = schedule.segments().size() > 1 ? schedule.text() : first.name();
  all.specification = schedule.text();
  all.symbols = "s the factor of the hyper-parameter, k the steps done before";
  if (schedule.is_absolute()) all.symbols = "s the hyper-parameter's value, k the steps done before";
  std::vector<std::string> titles, papers, ideas;
  for (const Segment& segment : schedule.segments()) {
    const Card& card = segment.info().card;
    titles.emplace_back(card.title);
    if (*card.paper != '\0') papers.emplace_back(card.paper);
    ideas.emplace_back(card.idea);
    for (const Formula& line : segment.info().formula) all.formula.push_back({line.text, line.latex});
    for (Explanation::Key& key : key_rows(segment)) {
      if (schedule.segments().size() > 1) key.name = segment.name() + ": " + key.name;
      all.keys.push_back(std::move(key));
    }
  }
  all.title = joined(titles, ", then ");
  all.paper = joined(papers, "; ");
  all.idea = joined(ideas, " ");

  const double steps = shown_steps(schedule);
  const auto at = [&](double t) { return schedule.at(t, 1); };
  all.curve = curve(steps, "Over the steps", at);
  Explanation::Worked worked{schedule.is_absolute() ? "Values" : "Factors", {}, {{"s", {}}}};
  double last = 0;
  for (const double share : {0.0, 0.25, 0.5, 0.75, 1.0}) {
    const double t = std::max(1.0, std::floor(steps * share));
    if (t == last) continue;
    last = t;
    worked.columns.push_back(fmt::format("t = {:.0f}", t));
    worked.rows.front().values.push_back(at(t));
  }
  all.worked = worked;

  all.examples = {{fmt::format("minimize rosenbrock --schedule \"lr={}\"", all.specification),
                   "For the learning rate of a minimization:"}};
  all.code = fmt::format("optimizer.schedule(\"lr\", tw::make_schedule(\"{}\"));\n", all.specification);
  return all;
}

}  // namespace thalweg::cli
