// The course of learning from a stream.

#include <chrono>
#include <numeric>

#include <thalweg/error.h>

#include "workbench/online.h"

namespace thalweg::workbench {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

void check(const OnlineRun& run) {
  if (run.batch == 0) throw usage_error("batch", "0", "must be at least 1: a stream has no end to wait for");
  if (run.max_steps && *run.max_steps == 0) throw usage_error("max_steps", "0", "must be at least 1");
  if (run.max_seconds && !(*run.max_seconds > 0))
    throw usage_error("max_seconds", number_text(*run.max_seconds), "must be over 0");
}

std::string counted(std::uint64_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

/// Reads the rows of the coming step; false at the end, and where it comes in the middle of a line, which
/// need not be right then.
bool next(data::SparseStream& stream, const OnlineRun& run, data::SparseBatch& batch) {
  try {
    return stream.next(batch, run.batch);
  } catch (const Error&) {
    if (run.interrupted && run.interrupted()) return false;
    throw;
  }
}

}  // namespace

const char* stop_name(OnlineStop stop) {
  static constexpr const char* names[] = {"end_of_data", "max_steps", "max_seconds", "interrupted",
                                          "diverged"};
  return names[static_cast<std::size_t>(stop)];
}

std::string OnlineRecord::stop_text() const {
  switch (stop) {
    case OnlineStop::end_of_data:
      return "the data ended";
    case OnlineStop::max_steps:
      return "the limit of " + counted(steps, "step") + " was reached";
    case OnlineStop::max_seconds:
      return "the time limit was reached";
    case OnlineStop::interrupted:
      return "interrupted";
    case OnlineStop::diverged:
      break;
  }
  return "diverged at step " + std::to_string(divergence->step) + ": " + divergence->what;
}

OnlineRecord learn_online(OnlineLearner& learner, data::SparseStream& stream, const OnlineRun& run) {
  check(run);
  const Clock::time_point start = Clock::now();
  std::vector<std::uint32_t> order(run.batch);
  std::iota(order.begin(), order.end(), 0U);
  Progressive scores(learner.task(), run.window);
  data::SparseBatch batch;
  OnlineRecord record;
  for (;;) {
    const bool more = next(stream, run, batch);
    if (run.interrupted && run.interrupted()) {
      record.stop = OnlineStop::interrupted;
      break;
    }
    if (run.max_seconds && seconds_since(start) >= *run.max_seconds) {
      record.stop = OnlineStop::max_seconds;
      break;
    }
    if (!more) break;
    if (!learner.learn(batch, std::span(order).first(batch.features.rows), stream.classes().size(), scores)) {
      record.stop = OnlineStop::diverged;
      break;
    }
    if (const auto line = scores.line(); line && run.line) run.line(*line);
    if (run.max_steps && learner.steps() >= *run.max_steps) {
      record.stop = OnlineStop::max_steps;
      break;
    }
  }
  if (const auto line = scores.line(true); line && run.line) run.line(*line);
  record.examples = scores.examples();
  record.steps = learner.steps();
  record.average = scores.average();
  record.window = scores.last_window();
  record.in_window = scores.in_window();
  record.seconds = seconds_since(start);
  record.divergence = learner.divergence();
  record.non_finite = learner.non_finite();
  return record;
}

}  // namespace thalweg::workbench
