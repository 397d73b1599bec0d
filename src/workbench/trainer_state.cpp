// What a training keeps beside its optimizer, in the notes of a checkpoint.

#include <algorithm>
#include <cmath>

#include <thalweg/error.h>

#include "workbench/notes.h"
#include "workbench/trainer.h"

namespace thalweg::workbench {
void Trainer::save(const std::string& path, Notes notes) {
  const auto count = [](std::size_t n) { return static_cast<double>(n); };
  auto& numbers = notes.numbers;
  numbers["trainer.position"] = {count(epoch_), count(next_), count(epoch_steps_), count(epoch_rows_)};
  numbers["trainer.losses"] = {first_loss_, loss_.data, loss_.penalty, best_loss_, last_loss_, last_norm_};
  write_tally(non_finite_, "trainer.non_finite", notes);
  numbers["trainer.running"] = {running_.train_loss, running_.gradient_norm,
                                running_.seconds + seconds_running()};
  if (best_epoch_) numbers["trainer.best_epoch"] = {count(*best_epoch_)};
  if (plateau_) {
    const PlateauTracker::Position& at = plateau_->position();
    numbers["trainer.plateau"] = {at.best, at.factor, static_cast<double>(at.bad),
                                  static_cast<double>(at.resting)};
  }
  for (const auto& tensor : best_)
    numbers["trainer.best." + tensor.name].assign(tensor.values.begin(), tensor.values.end());
  optimizer_.save(path, notes);
}

void Trainer::load(const Checkpoint& checkpoint) {
  const NoteReader notes(checkpoint);
  const std::vector<double>& position = notes.numbers("trainer.position", 4);
  const std::vector<double>& losses = notes.numbers("trainer.losses", 6);
  const std::vector<double>& running = notes.numbers("trainer.running", 3);
  const std::size_t epoch = notes.count("trainer.position", 0, options_.epochs),
                    next = notes.count("trainer.position", 1, rows_),
                    epoch_steps = notes.count("trainer.position", 2, rows_),
                    epoch_rows = notes.count("trainer.position", 3, rows_);
  if ((epoch == 0) != (next == 0) || (epoch == 0 && checkpoint.steps() > 0))
    throw notes.wrong("trainer.position", number_text(position[0]), "an epoch in which there were steps");
  const NonFiniteTally non_finite = read_tally(notes, "trainer.non_finite");
  std::optional<std::size_t> best_epoch;
  if (notes.has("trainer.best_epoch")) best_epoch = notes.count("trainer.best_epoch", 0, epoch);
  models::Parameters<float> best;
  if (options_.patience > 0 && best_epoch) best = parameters_;
  for (auto& tensor : best) {
    const auto& values = notes.numbers("trainer.best." + tensor.name, tensor.values.size());
    std::transform(values.begin(), values.end(), tensor.values.begin(),
                   [](double x) { return static_cast<float>(x); });
  }
  std::optional<PlateauTracker> plateau;
  if (plateau_) {
    const std::vector<double>& at = notes.numbers("trainer.plateau", 4);
    plateau.emplace(*options_.plateau, PlateauTracker::Position{
                                           at[0], at[1], notes.count("trainer.plateau", 2, NoteReader::most),
                                           notes.count("trainer.plateau", 3, NoteReader::most)});
  }
  optimizer_.load(checkpoint);
  if (sparse_) sparse_->leave();
  if (!narrow_.empty()) narrow_.widen(parameters_);
  epoch_ = 0;
  order_.clear();
  if (epoch > 0) {
    epoch_ = epoch - 1;
    begin_epoch();
  }
  next_ = next;
  epoch_steps_ = epoch_steps;
  first_loss_ = losses[0];
  loss_ = {losses[1], losses[2]};
  best_loss_ = losses[3];
  last_loss_ = losses[4];
  last_norm_ = losses[5];
  epoch_rows_ = epoch_rows;
  non_finite_ = non_finite;
  running_.train_loss = running[0];
  running_.gradient_norm = running[1];
  running_.seconds = running[2];
  best_epoch_ = best_epoch;
  best_ = std::move(best);
  plateau_ = plateau;
}

}  // namespace thalweg::workbench
