#include "workbench/compare/trials.h"

#include <algorithm>
#include <mutex>

namespace thalweg::workbench {
namespace {

using Phase = CompareProgress::Phase;

/// A trial is judged by the measure that the ranking uses, on the validation part, so that the choice does
/// not favour optimizers for another virtue; of equal accuracies, the loss tells which is the surer.
std::vector<RateTrial> tried_rates(const Participant& participant, bool higher_is_better) {
  std::vector<RateTrial> tried;
  for (const Run& run : participant.trials) {
    RateTrial trial{run.rate, {}};
    if (run.result) {
      const models::Scores& scores = run.result->validation;
      trial.judgement = {higher_is_better ? -scores.metric : scores.metric, scores.loss};
    }
    tried.push_back(trial);
  }
  return tried;
}

bool is_tuned(const Participant& participant) {
  return participant.contender.rates.origin != RateRange::Origin::fixed;
}

struct Job {
  std::size_t participant;
  double rate;
  std::uint64_t seed;
};

class Trials {
 public:
  Trials(Comparison& comparison, const TrainFunction& train, ThreadPool& pool,
         const CompareObserver& observer)
      : comparison_(comparison), train_(train), pool_(pool), observer_(observer) {
    for (const Participant& p : comparison.participants)
      progress_.runs += (is_tuned(p) ? comparison.options.trials : 1) + comparison.seeds.size();
    epochs_ = progress_.runs * comparison.options.epochs;
  }

  void spread() {
    std::vector<Job> jobs;
    for_each([&](std::size_t i, const Participant& p) {
      if (!is_tuned(p)) return jobs.push_back({i, p.contender.rates.low, comparison_.options.seed});
      for (const double rate : spread_rates(p.contender.rates, spread_trials(comparison_.options.trials)))
        jobs.push_back({i, rate, comparison_.options.seed});
    });
    run(Phase::spread, jobs, &Participant::trials);
  }

  void closer() {
    for (std::size_t round = spread_trials(comparison_.options.trials); round < comparison_.options.trials;
         ++round) {
      std::vector<Job> jobs;
      for_each([&](std::size_t i, const Participant& p) {
        if (!is_tuned(p)) return;
        if (const auto rate = next_rate(p.contender.rates, tried(p)))
          jobs.push_back({i, *rate, comparison_.options.seed});
        else
          skip(1);
      });
      run(Phase::closer, jobs, &Participant::trials);
    }
  }

  void judged() {
    std::vector<Job> jobs;
    for (std::size_t i = 0; i < comparison_.participants.size(); ++i) {
      Participant& p = comparison_.participants[i];
      p.chosen = best_trial(tried(p));
      p.at_edge = is_tuned(p) && best_at_edge(tried(p));
      if (!p.chosen) {
        skip(comparison_.seeds.size());
        continue;
      }
      for (const std::uint64_t seed : comparison_.seeds) jobs.push_back({i, p.trials[*p.chosen].rate, seed});
    }
    run(Phase::judged, jobs, &Participant::runs);
  }

 private:
  [[nodiscard]] std::vector<RateTrial> tried(const Participant& participant) const {
    return tried_rates(participant, comparison_.higher_is_better());
  }

  template <class Do>
  void for_each(const Do& what) const {
    for (std::size_t i = 0; i < comparison_.participants.size(); ++i) what(i, comparison_.participants[i]);
  }

  /// Runs the jobs, and appends their runs to their participants in the order of the jobs.
  void run(Phase phase, const std::vector<Job>& jobs, std::vector<Run> Participant::*destination) {
    std::vector<Run> done(jobs.size());
    pool_.run(jobs.size(), [&](std::size_t i) {
      const Job& job = jobs[i];
      const std::string spec = comparison_.participants[job.participant].contender.spec(job.rate);
      std::size_t epochs = 0;
      report(phase, spec, 0, 0);
      done[i] = train_(spec, job.seed, [&] {
        if (++epochs < comparison_.options.epochs) report(phase, spec, 1, 0);
      });
      done[i].spec = spec;
      done[i].rate = job.rate;
      done[i].seed = job.seed;
      if (phase != Phase::judged && done[i].result) done[i].result->test.reset();
      // A run that ended early leaves epochs that nobody has to wait for.
      report(phase, spec,
             comparison_.options.epochs - std::min<std::size_t>(epochs, comparison_.options.epochs - 1), 1);
    });
    for (std::size_t i = 0; i < jobs.size(); ++i)
      (comparison_.participants[jobs[i].participant].*destination).push_back(std::move(done[i]));
  }

  void skip(std::size_t runs) {
    progress_.runs -= runs;
    epochs_ -= runs * comparison_.options.epochs;
  }

  void report(Phase phase, const std::string& spec, std::size_t epochs, std::size_t runs) {
    if (!observer_) return;
    const std::lock_guard lock(mutex_);
    epochs_done_ += epochs;
    progress_.runs_done += runs;
    progress_.fraction = static_cast<double>(epochs_done_) / static_cast<double>(epochs_);
    progress_.phase = phase;
    progress_.running = spec;
    observer_(progress_);
  }

  Comparison& comparison_;
  const TrainFunction& train_;
  ThreadPool& pool_;
  const CompareObserver& observer_;
  std::mutex mutex_;
  CompareProgress progress_;
  std::size_t epochs_ = 0, epochs_done_ = 0;
};

}  // namespace

void run_trials(Comparison& comparison, const TrainFunction& train, ThreadPool& pool,
                const CompareObserver& observer) {
  Trials trials(comparison, train, pool, observer);
  trials.spread();
  trials.closer();
  trials.judged();
}

}  // namespace thalweg::workbench
