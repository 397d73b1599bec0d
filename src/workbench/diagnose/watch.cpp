#include "workbench/diagnose/watch.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace thalweg::workbench::diagnosis {
namespace {

/// What l2 adds per parameter: the rule's own and the transforms'.
double coupled_decay(const AnyRule& rule, const std::vector<AnyTransform>& transforms) {
  double sum = has_key(rule, "l2") ? std::get<double>(rule.get("l2")) : 0;
  for (const AnyTransform& t : transforms) {
    if (t.name() == "l2") sum += std::get<double>(t.get("lambda"));
  }
  return sum;
}

/// Decay beside the gradient.
double decoupled_decay(const AnyRule& rule, const std::vector<AnyTransform>& transforms) {
  double sum = has_key(rule, "weight_decay") ? std::get<double>(rule.get("weight_decay")) : 0;
  for (const AnyTransform& t : transforms) {
    if (t.name() == "decay") sum += std::get<double>(t.get("lambda"));
  }
  return sum;
}

/// Decoupled decay stands still where lr lambda theta = -rate g, as with an l2 of lambda lr / rate.
void add_decay(Subject& subject, double coupled, double decoupled, const Rates& rates) {
  if (coupled == 0 && decoupled == 0) return;
  Vector weights;
  for (const double rate : rates.rate)
    weights.push_back(coupled + (decoupled > 0 && rate > 0 ? decoupled * rates.lr / rate : 0));
  subject.set_penalty(std::move(weights));
}

/// The largest rate of the last third: a schedule may have ended at 0.
double late_rate(const Recorder& recorder, double otherwise) {
  double most = 0;
  const auto& all = recorder.checkpoints();
  for (const Checkpoint& c : all) {
    if (c.step > 0 && 3 * c.step >= 2 * all.back().step) most = std::max(most, c.lr);
  }
  return most > 0 ? most : otherwise;
}

Evidence evidence_of(Subject& subject, const Recorder& recorder, const Optimizer& optimizer, double lr,
                     const std::vector<AnyTransform>& transforms, const Effort& effort) {
  const Rates rates = rates_of(optimizer, subject.parts(), late_rate(recorder, lr), recorder.root_steps(),
                               recorder.root_gradients());
  add_decay(subject, coupled_decay(optimizer.rule(), transforms),
            decoupled_decay(optimizer.rule(), transforms), rates);
  return gather(subject, recorder, rates, effort);
}

std::string first_not_finite(const std::vector<Part>& parts, Point numbers) {
  std::size_t i = 0;
  for (const Part& part : parts) {
    for (const std::size_t end = i + part.size; i < end; ++i) {
      if (!std::isfinite(numbers[i])) return part.name;
    }
  }
  return {};
}

}  // namespace

Evidence diagnose_descent(Subject& subject, Vector start, const DescentOptions& options,
                          const Effort& effort) {
  Optimizer optimizer(options.optimizer, {.threads = 1});
  const std::vector<Part>& parts = subject.parts();
  std::vector<Vector> tensors, pieces;
  std::size_t begin = 0;
  for (const Part& part : parts) {
    const auto from = start.begin() + static_cast<std::ptrdiff_t>(begin);
    tensors.emplace_back(from, from + static_cast<std::ptrdiff_t>(part.size));
    begin += part.size;
  }
  for (std::size_t k = 0; k < parts.size(); ++k) optimizer.add(parts[k].name, tensors[k]);
  for (const auto& [key, schedule] : options.schedules) optimizer.schedule(key, schedule);
  for (const AnyTransform& transform : options.transforms) optimizer.transform(transform);
  const double coupled = coupled_decay(options.optimizer, options.transforms);
  if (coupled > 0) subject.set_penalty(Vector(start.size(), coupled));

  Recorder recorder(subject, start, 0, options.transforms);
  Vector x = start, g(start.size());
  const double most_loss = 1e6 * std::max(1.0, std::abs(recorder.checkpoints().front().loss));
  const auto gather_tensors = [&] {
    auto to = x.begin();
    for (const Vector& tensor : tensors) to = std::copy(tensor.begin(), tensor.end(), to);
  };
  pieces = tensors;
  const auto views = [&] {
    std::vector<GradientView> all;
    auto from = g.begin();
    for (Vector& piece : pieces) {
      std::copy_n(from, piece.size(), piece.begin());
      from += static_cast<std::ptrdiff_t>(piece.size());
      all.emplace_back(piece);
    }
    return Gradients(std::move(all));
  };
  double lr = optimizer.rate();
  for (std::uint64_t step = 1; step <= options.steps; ++step) {
    optimizer.look_ahead();
    gather_tensors();
    double loss = 0;
    if (subject.batches() > 0) {
      subject.batch_gradient((step - 1) % subject.batches(), x, g);
    } else {
      loss = subject.gradient(x, g);
      // The optimizer adds the penalty itself.
      for (std::size_t i = 0; i < g.size(); ++i) g[i] -= coupled * x[i];
    }
    if (!std::isfinite(loss) || loss > most_loss || !std::isfinite(norm(g))) {
      optimizer.come_back();
      const std::string tensor = first_not_finite(parts, g);
      recorder.broke({step, tensor, std::isfinite(loss) && tensor.empty()});
      break;
    }
    if (norm(g) <= options.gradient_tolerance) {
      optimizer.come_back();
      break;
    }
    optimizer.step(views());
    gather_tensors();
    if (const std::string tensor = first_not_finite(parts, x); !tensor.empty()) {
      recorder.broke({step, tensor, false});
      break;
    }
    lr = optimizer.rate();
    recorder.step(x, g, lr);
  }
  return evidence_of(subject, recorder, optimizer, lr, options.transforms, effort);
}

TrainingWatch::TrainingWatch(const Trainer& trainer, const data::Split& split, const models::ModelSpec& model,
                             const TrainOptions& options)
    : trainer_(&trainer),
      options_(options),
      subject_(split.train, model, options.batch, options.seed, options.threads,
               TrainingSubject::affordable_rows(model, split.train)) {
  const double coupled = coupled_decay(options.optimizer, options.transforms);
  if (coupled > 0) subject_.set_penalty(Vector(subject_.size(), coupled));
  recorder_.emplace(subject_, flattened(trainer.parameters()), trainer.planned_steps(), options.transforms);
  lr_ = trainer.optimizer().rate();
}

TrainingWatch::~TrainingWatch() = default;

void TrainingWatch::after_step() {
  lr_ = trainer_->optimizer().rate();
  recorder_->step(flattened(trainer_->parameters()), flattened(trainer_->gradient()), lr_);
}

Evidence TrainingWatch::finish(const Effort& effort) {
  if (trainer_->divergence()) {
    const Vector parameters = flattened(trainer_->parameters()), gradient = flattened(trainer_->gradient());
    std::string tensor = first_not_finite(subject_.parts(), parameters);
    if (tensor.empty()) tensor = first_not_finite(subject_.parts(), gradient);
    const bool finite = tensor.empty() && std::isfinite(trainer_->last_loss().total());
    recorder_->broke({trainer_->divergence()->step, tensor, finite});
  }
  return evidence_of(subject_, *recorder_, trainer_->optimizer(), lr_, options_.transforms, effort);
}

}  // namespace thalweg::workbench::diagnosis
