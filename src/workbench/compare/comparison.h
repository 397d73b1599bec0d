#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "models/batch_loss.h"
#include "workbench/compare/tuner.h"
#include "workbench/compare/workload.h"
#include "workbench/train.h"

namespace thalweg::workbench {

/// What to compare on what, and how much each optimizer may try.
struct CompareOptions : Workload {
  std::string title;                    ///< of the experiment, for the report; may be empty
  std::vector<std::string> optimizers;  ///< specifications as make_contender reads them; empty: every rule
  Tuner tuner = Tuner::search;
  std::vector<std::string> tune{"lr"};  ///< keys to tune; a rule that lacks one is not tuned in it
  std::uint64_t trials = 12;            ///< trials of `epochs` epochs that tuning may cost, at least 1
  std::uint64_t seeds = 10;             ///< runs with the best setting, at least 1; 2 or more for an interval
  std::uint64_t seed = 0;    ///< of the split and the trials; the judged runs have seed + 1, seed + 2, ...
  std::size_t threads = 0;   ///< runs at the same time, 0: as many as the machine has; changes no result
  std::string isa = "best";  ///< of the kernels, as in Execution; changes no result

  [[nodiscard]] Budget budget() const { return {tuner, trials, epochs, seed}; }
};

/// One point of a run's curves, after an epoch: the mean loss per example of the training part as it was
/// during the epoch, and how well the validation part is done at its end.
struct CurvePoint {
  std::size_t epoch = 0;  ///< from 1
  double train_loss = 0;
  models::Scores validation;
  double seconds = 0;  ///< of training up to here, without the validations
};

/// One training run. A run that diverged has the step and its curve up to there, and no result.
struct Run {
  struct Result {
    models::Scores validation;
    std::optional<models::Scores> test;  ///< of the judged runs only: nothing is chosen by it
  };

  std::string spec;
  double rate = 0;  ///< the learning rate; 0 if the rule has none
  std::uint64_t seed = 0;
  std::optional<Result> result;  ///< of the parameters after the last epoch
  std::optional<Divergence> divergence;
  std::vector<CurvePoint> curve;
  double seconds = 0;
  std::vector<double> others{};           ///< the values of Contender::others
  std::size_t epochs = 0;                 ///< how long it was to train
  std::optional<models::Scores> start{};  ///< of the validation part before the first step
};

/// When a quarter, half and three quarters of a participant's runs had reached the target; infinite where
/// fewer did.
struct ToTarget {
  struct Quartiles {
    double low = 0, median = 0, high = 0;
  };

  std::size_t reached = 0, runs = 0;
  Quartiles steps, seconds;
};

/// What one optimizer went through.
struct Participant {
  Contender contender;
  std::string label;        ///< the rule's name, or `given` where one rule takes part more than once
  std::vector<Run> trials;  ///< in the order in which they ran
  std::optional<std::size_t> chosen;  ///< the best trial on the validation part; none if all diverged
  bool at_edge = false;   ///< the chosen rate is the lowest or highest tried: a better one may lie beyond
  std::vector<Run> runs;  ///< with the chosen setting, one per seed

  std::vector<Run> off_best{};          ///< the chosen trial again with other rates (see scores.h)
  std::optional<double> sensitivity{};  ///< to the learning rate (see scores.h)
  std::optional<ToTarget> to_target{};  ///< none without a target or runs
};

/// What the bootstrap says of a place by the mean score (see bootstrap.h).
struct Bootstrap {
  double rank_low = 0, rank_high = 0;  ///< 95 % of the resamples lie within
  double first = 0;                    ///< share of the resamples in which it is first
};

/// The score on the validation part that counts as done (see scores.h).
struct Target {
  double value = 0;
  bool given = false;
  std::string from;       ///< label of the participant that it was derived from; "" if it was given
  bool standard = false;  ///< whether that one is among the standard algorithms
};

/// A place in the ranking (see ranking.h). There is no score where a run diverged: a mean of the rest would
/// flatter.
struct Standing {
  struct Score {
    double mean = 0;
    std::optional<double> low, high;  ///< the interval of the mean; none for a single seed
  };

  std::size_t participant = 0;      ///< index into Comparison::participants
  std::optional<std::size_t> rank;  ///< from 1; none without a score
  std::optional<Score> score;       ///< with the 95 % interval
  std::optional<Score>
      behind;  ///< how much worse than the first, 0 or more, with the interval of the ranking
  std::vector<std::size_t> tied_with;  ///< the participants that it cannot be told apart from
  std::optional<Bootstrap> bootstrap;  ///< none without a score or with a single seed
};

/// The learning rates that the features of sparse data effectively received, by how often they occur (see
/// rare_features.h).
struct FeatureRates {
  /// Features that occur about equally often: the rarest in `low` of the rows, the commonest in `high`.
  struct Bin {
    std::uint64_t low = 0, high = 0;
    double occurrences = 0;    ///< the median of its features
    std::size_t features = 0;  ///< at least 1

    bool operator==(const Bin&) const = default;
  };
  /// A tenth, half and nine tenths of a bin's gradients met at most this rate.
  struct Quantiles {
    double low = 0, median = 0, high = 0;

    bool operator==(const Quantiles&) const = default;
  };
  struct Participant {
    std::size_t index = 0;                        ///< into Comparison::participants
    std::vector<std::optional<Quantiles>> rates;  ///< one per bin; none where no feature had a gradient

    /// How many times the median rate of the commonest features the rarest ones get; none where the former
    /// is 0 or one of them is not known.
    [[nodiscard]] std::optional<double> gain() const;
    bool operator==(const Participant&) const = default;
  };

  std::uint64_t steps = 0;                ///< that were watched, of each participant
  std::size_t rows = 0;                   ///< of the training part that these steps read, each counted once
  std::vector<Bin> bins;                  ///< rarest first, at least one
  std::vector<Participant> participants;  ///< in their order, without those that diverged

  bool operator==(const FeatureRates&) const = default;
};

/// All that a comparison found out, and all that it takes to repeat it.
struct Comparison {
  struct Data {
    std::string
        checksum;  ///< CRC-32 of the numbers of all three parts as they are trained on, in hexadecimal
    data::Task task = data::Task::classification;
    std::size_t columns = 0, classes = 0;
    std::size_t train_rows = 0, validation_rows = 0, test_rows = 0;
  };

  CompareOptions options;  ///< with the names of all optimizers
  Data data;
  std::size_t parameters = 0;  ///< of the model, or coordinates of the function
  std::size_t steps_per_epoch = 0;
  std::vector<std::uint64_t> seeds;             ///< of the judged runs
  std::vector<Participant> participants;        ///< in the order in which they were named
  std::vector<Standing> ranking;                ///< best first; those without a score at the end
  std::optional<Target> target;                 ///< none where nothing could be derived
  std::optional<FeatureRates> feature_rates{};  ///< of a model on sparse data
  double seconds = 0;
  std::size_t threads = 1;

  /// The score: the test accuracy, the root mean squared error on the test part, or of a function
  /// log10((f(x) - minimum) / (f(start) - minimum)).
  [[nodiscard]] Measure measure() const {
    if (options.is_function()) return Measure::log10_gap;
    return data.task == data::Task::classification ? Measure::accuracy : Measure::rmse;
  }
  [[nodiscard]] bool higher_is_better() const { return measure() == Measure::accuracy; }
};

}  // namespace thalweg::workbench
