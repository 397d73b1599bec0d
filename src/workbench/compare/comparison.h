#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "models/batch_loss.h"
#include "workbench/compare/rate_search.h"
#include "workbench/train.h"

namespace thalweg::workbench {

/// What to compare on what, and how much each optimizer may try.
struct CompareOptions {
  std::string data = "digits";  ///< as data::load takes it
  std::string label, test;      ///< as data::LoadOptions
  std::string model = "mlp:64";
  std::vector<std::string> optimizers;  ///< specifications as make_contender reads them; empty: every rule
  std::uint64_t trials = 12;            ///< learning rates that each optimizer may try, at least 1
  std::uint64_t seeds = 10;             ///< runs with the best rate, at least 1; 2 or more for an interval
  std::uint64_t epochs = 30, batch = 32;
  std::uint64_t seed = 0;    ///< of the split and the trials; the judged runs have seed + 1, seed + 2, ...
  std::size_t threads = 0;   ///< runs at the same time, 0: as many as the machine has; changes no result
  std::string isa = "best";  ///< of the kernels, as in Execution; changes no result
};

/// One point of a run's curves, after an epoch: the mean loss per example of the training part as it was
/// during the epoch, and how well the validation part is done at its end.
struct CurvePoint {
  std::size_t epoch = 0;  ///< from 1
  double train_loss = 0;
  models::Scores validation;
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
};

/// What one optimizer went through.
struct Participant {
  Contender contender;
  std::string label;        ///< the rule's name, or `given` where one rule takes part more than once
  std::vector<Run> trials;  ///< in the order in which they ran
  std::optional<std::size_t> chosen;  ///< the best trial on the validation part; none if all diverged
  bool at_edge = false;   ///< the chosen rate is the lowest or highest tried: a better one may lie beyond
  std::vector<Run> runs;  ///< with the chosen setting, one per seed
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
  std::size_t parameters = 0;             ///< of the model
  std::vector<std::uint64_t> seeds;       ///< of the judged runs
  std::vector<Participant> participants;  ///< in the order in which they were named
  std::vector<Standing> ranking;          ///< best first; those without a score at the end
  double seconds = 0;
  std::size_t threads = 1;

  /// The score is the test accuracy; otherwise the root mean squared error on the test part.
  [[nodiscard]] bool higher_is_better() const { return data.task == data::Task::classification; }
};

}  // namespace thalweg::workbench
