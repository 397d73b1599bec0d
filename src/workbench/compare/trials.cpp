#include "workbench/compare/trials.h"

#include <algorithm>
#include <mutex>

#include "workbench/compare/scores.h"

namespace thalweg::workbench {
namespace {

using Phase = CompareProgress::Phase;

/// A trial is judged by the measure that the ranking uses, on the validation part, so that the choice does
/// not favour optimizers for another virtue; of equal accuracies, the loss tells which is the surer.
std::vector<RateTrial> tried_rates(const Participant& participant, bool higher_is_better) {
  std::vector<RateTrial> tried;
  for (const Run& run : participant.trials) {
    RateTrial trial{run.rate, {}, run.others, run.epochs};
    if (run.result) {
      const models::Scores& scores = run.result->validation;
      trial.judgement = {higher_is_better ? -scores.metric : scores.metric, scores.loss};
    }
    tried.push_back(trial);
  }
  return tried;
}

struct Job {
  std::size_t participant;
  Proposal setting;
  std::uint64_t seed;
  std::vector<Run> Participant::*destination;
};

class Trials {
 public:
  Trials(Comparison& comparison, const TrainFunction& train, ThreadPool& pool,
         const CompareObserver& observer)
      : comparison_(comparison), train_(train), pool_(pool), observer_(observer) {
    for (const Participant& p : comparison.participants) {
      plans_.push_back(plan(p.contender, budget()));
      expect(plans_.back(), 1);
      expect(judgement(p), 1);
    }
  }

  void tune() {
    for (bool first = true;; first = false) {
      std::vector<Job> jobs;
      for (std::size_t i = 0; i < comparison_.participants.size(); ++i) {
        const Participant& p = comparison_.participants[i];
        const auto proposals = propose(p.contender, budget(), tried(p));
        Plan& left = plans_[i];
        if (proposals.empty()) {  // spent, or nothing left to try
          expect(left, -1);
          left = {};
        }
        for (const Proposal& proposal : proposals) {
          jobs.push_back({i, proposal, comparison_.options.seed, &Participant::trials});
          --left.trials;
          left.epochs -= proposal.epochs;
        }
      }
      if (jobs.empty()) return;
      run(first ? Phase::spread : Phase::closer, jobs);
    }
  }

  void judge() {
    std::vector<Job> jobs;
    for (std::size_t i = 0; i < comparison_.participants.size(); ++i) {
      Participant& p = comparison_.participants[i];
      p.chosen = best_trial(tried(p));
      p.at_edge = p.contender.rates.origin != RateRange::Origin::fixed && best_at_edge(tried(p));
      if (!p.chosen) {
        expect(judgement(p), -1);
        continue;
      }
      const Run& best = p.trials[*p.chosen];
      const Proposal setting{best.rate, best.others, comparison_.options.epochs};
      for (const std::uint64_t seed : comparison_.seeds)
        jobs.push_back({i, setting, seed, &Participant::runs});
      if (!has_rate(p)) continue;
      for (const double factor : off_best_factors) {
        Proposal off = setting;
        off.rate = three_digits(setting.rate * factor);
        jobs.push_back({i, off, comparison_.options.seed, &Participant::off_best});
      }
    }
    run(Phase::judged, jobs);
  }

 private:
  [[nodiscard]] Budget budget() const { return comparison_.options.budget(); }

  [[nodiscard]] static bool has_rate(const Participant& p) { return p.contender.rates.low > 0; }

  [[nodiscard]] Plan judgement(const Participant& p) const {
    const std::size_t runs = comparison_.seeds.size() + (has_rate(p) ? off_best_factors.size() : 0);
    return {runs, runs * comparison_.options.epochs};
  }

  [[nodiscard]] std::vector<RateTrial> tried(const Participant& participant) const {
    return tried_rates(participant, comparison_.higher_is_better());
  }

  /// Runs the jobs, and appends their runs to their participants in the order of the jobs.
  void run(Phase phase, const std::vector<Job>& jobs) {
    std::vector<Run> done(jobs.size());
    pool_.run(jobs.size(), [&](std::size_t i) {
      const Job& job = jobs[i];
      const Contender& contender = comparison_.participants[job.participant].contender;
      const std::string spec = job.destination == &Participant::off_best
                                   ? contender.spec_off(job.setting.rate, job.setting.others)
                                   : contender.spec(job.setting.rate, job.setting.others);
      std::size_t epochs = 0;
      report(phase, spec, 0, 0);
      done[i] = train_({spec, job.seed, job.setting.epochs}, [&] {
        if (++epochs < job.setting.epochs) report(phase, spec, 1, 0);
      });
      done[i].spec = spec;
      done[i].rate = job.setting.rate;
      done[i].others = job.setting.others;
      done[i].seed = job.seed;
      done[i].epochs = job.setting.epochs;
      if (job.destination != &Participant::runs && done[i].result) done[i].result->test.reset();
      // A run that ended early leaves epochs that nobody has to wait for.
      report(phase, spec, job.setting.epochs - std::min(epochs, job.setting.epochs - 1), 1);
    });
    for (std::size_t i = 0; i < jobs.size(); ++i)
      (comparison_.participants[jobs[i].participant].*(jobs[i].destination)).push_back(std::move(done[i]));
  }

  /// More work is to come (sign 1), or less than was thought (-1).
  void expect(const Plan& work, int sign) {
    if (sign > 0) {
      progress_.runs += work.trials;
      epochs_ += work.epochs;
    } else {
      progress_.runs -= work.trials;
      epochs_ -= work.epochs;
    }
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
  std::vector<Plan> plans_;  ///< what is left of each participant's tuning
  std::size_t epochs_ = 0, epochs_done_ = 0;
};

}  // namespace

void run_trials(Comparison& comparison, const TrainFunction& train, ThreadPool& pool,
                const CompareObserver& observer) {
  Trials trials(comparison, train, pool, observer);
  trials.tune();
  trials.judge();
}

}  // namespace thalweg::workbench
