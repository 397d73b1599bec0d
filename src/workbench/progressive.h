#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "models/batch_loss.h"
#include "workbench/notes.h"

namespace thalweg::workbench {

/// A line of a progressive table.
struct ProgressiveRow {
  std::uint64_t examples = 0;          ///< so far
  models::Scores since_last, average;  ///< of the examples since the line before; of all
};

/// Scores of predictions that were made before their example was learned from, so that each counts as one on
/// unseen data ("progressive validation": Blum, Kalai & Langford, "Beating the hold-out", COLT 1999). The
/// table has a line when 1, 2, 4, 8, ... examples were seen, as Vowpal Wabbit's.
class Progressive {
 public:
  /// Keeps the scores of the last `window` examples, 16 bytes each.
  Progressive(data::Task task, std::size_t window) : task_(task), window_(window) {}

  /// Counts an example by its loss, and by whether it was right (not looked at for regression).
  void add(double loss, bool hit);

  [[nodiscard]] std::uint64_t examples() const { return examples_; }
  /// Means over all, or over the last ones; of nothing, all is 0. The metric is the accuracy, or the root
  /// mean squared error.
  [[nodiscard]] models::Scores average() const { return scores(total_, examples_); }
  [[nodiscard]] models::Scores last_window() const;
  [[nodiscard]] std::size_t in_window() const { return last_.size(); }  ///< examples that it holds

  /// The next line of the table, if enough examples were seen, and the line after the last one (`end`) if any
  /// were since the line before. To be asked after each step; a line that a step with several examples
  /// has passed is late.
  [[nodiscard]] std::optional<ProgressiveRow> line(bool end = false);

  /// Keeps all of it in a note, and takes it from one, of the same window. Throws an input Error where the
  /// note is another.
  void save(const std::string& name, Notes& notes) const;
  void load(const NoteReader& notes, const std::string& name);

 private:
  struct Sums {
    double loss = 0, hits = 0;
  };
  [[nodiscard]] models::Scores scores(const Sums& sums, std::uint64_t count) const;

  data::Task task_;
  std::size_t window_, next_ = 0;  ///< next_: of last_, to be replaced
  std::uint64_t examples_ = 0, line_ = 0, due_ = 1;
  Sums total_, since_;
  std::vector<Sums> last_;
};

}  // namespace thalweg::workbench
