#include "workbench/trainer.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <iomanip>
#include <locale>
#include <numeric>
#include <span>
#include <sstream>

#include <thalweg/error.h>

#include "workbench/seconds.h"

namespace thalweg::workbench {
namespace {

/// Four digits are enough for a message.
std::string short_text(double value) {
  std::ostringstream text;
  text.imbue(std::locale::classic());
  text << std::setprecision(4) << value;
  return text.str();
}

}  // namespace

std::uint64_t Trainer::planned_steps() const {
  const std::uint64_t steps = std::uint64_t{options_.epochs} * steps_per_epoch();
  return options_.max_steps ? std::min(steps, *options_.max_steps) : steps;
}

void Trainer::begin_epoch() {
  ++epoch_;
  next_ = 0;
  if (options_.shuffle && batch_ < rows_) {
    order_ = data::permutation(rows_, options_.seed, epoch_);
  } else {
    order_.resize(rows_);
    std::iota(order_.begin(), order_.end(), 0U);
  }
  running_ = {};
  epoch_steps_ = epoch_rows_ = 0;
}

bool Trainer::is_healthy(double loss) const {
  return std::isfinite(loss) && loss <= divergence_factor * std::max(1.0, first_loss_);
}

/// The first entry of the gradient that is not finite: "weights[3] is nan"; "" where there is none.
std::string Trainer::entry_text() const {
  for (const auto& tensor : gradient()) {
    const auto bad =
        std::find_if(tensor.values.begin(), tensor.values.end(), [](float x) { return !std::isfinite(x); });
    if (bad != tensor.values.end())
      return tensor.name + "[" + std::to_string(bad - tensor.values.begin()) + "] is " +
             number_text(static_cast<double>(*bad));
  }
  return {};
}

/// Says what is wrong before the step could be made: a tensor, or else the loss.
Divergence Trainer::fault() const {
  Divergence found{optimizer_.steps() + 1, {}, entry_text()};
  if (optimizer_.steps() > 0) {
    found.detail += (found.detail.empty() ? "" : "; ") + std::string("at step ") +
                    std::to_string(optimizer_.steps()) + " the loss was " + short_text(last_loss_) +
                    ", the gradient's norm " + short_text(last_norm_);
  }
  const std::string tensor = sparse_ ? sparse_->faulty_gradient() : norms_.not_finite(gradient_);
  if (!tensor.empty()) {
    const TrainPrecision& p = options_.precision;
    found.what = "the gradient of " + tensor + " is not finite" +
                 (narrow_.empty() ? std::string() : std::string(" in ") + precision_name(p.parameters)) +
                 (p.loss_scale == 1 ? std::string() : ", times " + number_text(p.loss_scale));
  } else {
    found.what = std::isfinite(loss_.total()) ? "the loss is a million times that of the start"
                                              : "the loss is not finite";
  }
  return found;
}

/// Makes the gradient finite, and returns its norm.
double Trainer::clip_gradient() {
  std::size_t clipped = 0;
  if (sparse_) {
    clipped = sparse_->clip_non_finite();
  } else {
    for (auto& tensor : gradient_) clipped += clip_non_finite(std::span(tensor.values));
    narrow_.clip_non_finite();
  }
  non_finite_.clipped += clipped;
  return sparse_ ? sparse_->gradient_norm() : norms_.norm(gradient_);
}

/// Leaves the step out. Returns false if that was the whole epoch.
bool Trainer::skip(std::size_t rows) {
  come_back();
  ++non_finite_.skipped;
  next_ += rows;
  if (!epoch_ended()) return true;
  stop_watch();
  if (epoch_steps_ > 0) return true;
  divergence_ = fault();
  divergence_->what = "every step of epoch " + std::to_string(epoch_) + " was skipped: " + divergence_->what;
  return false;
}

/// Takes a step that was made into the means of the epoch.
void Trainer::count(std::size_t rows, double gradient_norm) {
  next_ += rows;
  ++epoch_steps_;
  if (std::isfinite(loss_.data)) {
    epoch_rows_ += rows;
    running_.train_loss +=
        (loss_.data - running_.train_loss) * static_cast<double>(rows) / static_cast<double>(epoch_rows_);
  }
  running_.gradient_norm += (gradient_norm - running_.gradient_norm) / static_cast<double>(epoch_steps_);
  last_norm_ = gradient_norm;
  last_loss_ = loss_.total();
}

void Trainer::look_ahead() {
  optimizer_.look_ahead();
  if (!narrow_.empty() && optimizer_.looks_ahead()) narrow_.widen(parameters_);
}

void Trainer::come_back() {
  optimizer_.come_back();
  if (!narrow_.empty()) narrow_.widen(parameters_);
}

bool Trainer::step() {
  assert(!divergence_);
  if (epoch_ended()) begin_epoch();
  if (!since_) since_ = Clock::now();
  const auto rows = std::span(order_).subspan(next_, std::min(batch_, order_.size() - next_));
  if (sparse_) {
    sparse_->start(rows);
    sparse_->expect(std::span(order_).subspan(next_ + rows.size()), batch_);
    loss_ = {sparse_->differentiate(), 0};
  } else {
    look_ahead();
    loss_ = batch_loss_.gradient(split_->train, rows, parameters_, gradient_);
  }
  if (!narrow_.empty()) narrow_.round_gradient(gradient_, options_.precision.loss_scale);
  double gradient_norm = sparse_ ? sparse_->gradient_norm() : norms_.norm(gradient_);
  const bool finite = std::isfinite(loss_.total()) && std::isfinite(gradient_norm);
  if (std::isinf(first_loss_) && std::isfinite(loss_.total())) first_loss_ = loss_.total();
  stepped_ = finite || options_.non_finite == NonFinite::clip;
  if (!finite && options_.non_finite != NonFinite::stop) {
    non_finite_.last = "step " + std::to_string(optimizer_.steps() + 1) + ": " + fault().what;
    if (!stepped_) return skip(rows.size());
    gradient_norm = clip_gradient();
  }
  if (!stepped_ || (std::isfinite(loss_.total()) && !is_healthy(loss_.total()))) {
    come_back();
    divergence_ = fault();
    return false;
  }
  if (sparse_)
    sparse_->step();
  else
    optimizer_.step(views_);
  if (!narrow_.empty()) narrow_.widen(parameters_);
  count(rows.size(), gradient_norm);
  if (epoch_ended()) stop_watch();
  if (sparse_ && sparse_->is_finite()) return true;
  if (std::string tensor = sparse_ ? sparse_->faulty_parameter() : norms_.not_finite(parameters_);
      !tensor.empty()) {
    divergence_ = {optimizer_.steps(), tensor + " is not finite"};
    return false;
  }
  return true;
}

/// Adds to the epoch's seconds what has passed since its first step or the last stop: a look at the clock at
/// each step would take longer than a tenth of a sparse one.
void Trainer::stop_watch() {
  running_.seconds += seconds_running();
  since_.reset();
}

double Trainer::seconds_running() const { return since_ ? seconds_since(*since_) : 0; }

std::optional<EpochRecord> Trainer::finish_epoch() {
  stop_watch();
  running_.rate = optimizer_.rate();
  running_.epoch = epoch_;
  running_.steps = optimizer_.steps();
  if (split_->validation.rows() == 0) return running_;
  running_.validation = evaluate(split_->validation);
  if (!running_.validation) return std::nullopt;
  const auto [loss, metric] = *running_.validation;
  if (!best_epoch_ || loss < best_loss_) {
    best_epoch_ = epoch_;
    best_loss_ = loss;
    if (options_.patience > 0) best_ = parameters();
  }
  if (plateau_ && plateau_->observe(options_.plateau->mode == Plateau::Mode::max ? metric : loss)) {
    optimizer_.scale("lr", plateau_->factor());
  }
  return running_;
}

std::optional<models::Scores> Trainer::scores(const data::Dataset& part) {
  stop_watch();
  models::Scores found = batch_loss_.evaluate(part, parameters());
  if (!is_healthy(found.loss)) return std::nullopt;
  if (part.task == data::Task::regression) found.metric *= split_->target.scale;
  return found;
}

std::optional<models::Scores> Trainer::evaluate(const data::Dataset& part) {
  const std::optional<models::Scores> found = scores(part);
  if (!found)
    divergence_ = {
        optimizer_.steps(),
        "the loss over a whole part of the data is not finite or a million times that of the start"};
  return found;
}

bool Trainer::restore_best() {
  if (best_.empty()) return false;
  if (sparse_) sparse_->leave();
  for (std::size_t k = 0; k < best_.size(); ++k) {
    std::copy(best_[k].values.begin(), best_[k].values.end(), parameters_[k].values.begin());
  }
  narrow_.put_back(parameters_);
  return true;
}

}  // namespace thalweg::workbench
