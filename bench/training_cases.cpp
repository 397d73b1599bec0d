#include "bench/training_cases.h"

#include <array>
#include <memory>
#include <optional>

#include <thalweg/random.h>
#include <thalweg/rules/sgd.h>
#include <thalweg/thread_pool.h>

#include "bench/measure.h"
#include "data/pages.h"
#include "models/blas.h"
#include "workbench/trainer.h"

namespace thalweg::bench {
namespace {

constexpr std::size_t rows = training_rows, inputs = 784, classes = 10, batch = 128;
constexpr double rate = 0.1;

/// Numbers as far from each other as standardized pixels, half of them at the background; a column in ten is
/// brighter for its class.
data::Split make_split() {
  data::Split split;
  data::Dataset& train = split.train;
  train.name = "generated";
  data::DenseMatrix matrix{rows, inputs, {}};
  data::reserve_pages(matrix.values, rows * inputs);
  matrix.values.resize(rows * inputs);
  train.target.resize(rows);
  for (std::size_t k = 0; k < classes; ++k) train.class_names.push_back(std::to_string(k));
  for (std::uint32_t i = 0; i < rows; ++i) {
    const std::size_t target = i % classes;
    train.target[i] = static_cast<float>(target);
    float* const row = matrix.values.data() + i * inputs;
    for (std::uint32_t j = 0; j < inputs; j += 4) {
      const auto words = philox({i, j, 0, 0}, {0, 0});
      for (std::size_t k = 0; k < 4; ++k) {
        const float bright = (j + k) % classes == target ? 0.5F : 0.0F;
        row[j + k] =
            (words[k] & 1U) != 0 ? -0.5F : static_cast<float>(words[k] >> 8U) * 0x1p-23F + bright - 0.5F;
      }
    }
  }
  train.features = std::move(matrix);
  return split;
}

struct Net {
  std::string model, name;
  std::vector<std::size_t> widths;
  std::size_t batches;  ///< of a run: some 60 ms
};

const std::array<Net, 2>& nets() {
  static const std::array<Net, 2> all{{{"mlp:256,128", "mlp 784-256-128-10", {inputs, 256, 128, classes}, 48},
                                       {"softmax", "softmax 784-10", {inputs, classes}, 480}}};
  return all;
}

std::string products_of(const Net& net) { return "products of " + net.name; }

/// What a worker multiplies: its part of the rows of a batch and, over the whole batch, its part of the rows
/// of each weight gradient. Nothing of it grows, so that it can go on for ever.
class Products {
 public:
  Products(const Net& net, std::size_t worker, std::size_t workers)
      : net_(&net), worker_(worker), workers_(workers) {
    for (const std::size_t width : net.widths) {
      outputs_.emplace_back(batch * width, 0.5F);
      deltas_.emplace_back(batch * width, 0.5F);
    }
    for (std::size_t l = 1; l < net.widths.size(); ++l) {
      weights_.emplace_back(net.widths[l - 1] * net.widths[l]);
      gradients_.emplace_back(net.widths[l - 1] * net.widths[l]);
    }
  }

  void run() {
    const auto& widths = net_->widths;
    const std::size_t count = part(batch), layers = weights_.size();
    for (std::size_t l = 0; l < layers; ++l)
      models::add_product(count, widths[l + 1], widths[l], outputs_[l].data(), weights_[l].data(),
                          outputs_[l + 1].data());
    for (std::size_t l = layers; l-- > 1;)
      models::product_transposed(count, widths[l], widths[l + 1], deltas_[l + 1].data(), weights_[l].data(),
                                 deltas_[l].data());
    for (std::size_t l = 0; l < layers; ++l) {
      models::add_transposed_product(part(widths[l]), widths[l + 1], batch, outputs_[l].data(), widths[l],
                                     deltas_[l + 1].data(), gradients_[l].data());
    }
  }

 private:
  [[nodiscard]] std::size_t part(std::size_t count) const {
    return count * (worker_ + 1) / workers_ - count * worker_ / workers_;
  }

  const Net* net_;
  std::size_t worker_, workers_;
  std::vector<std::vector<float>> outputs_, deltas_, weights_, gradients_;
};

Case row_case(const std::string& group, const std::string& name, const Net& net, std::size_t threads) {
  Case c;
  c.group = group;
  c.name = name;
  c.threads = threads;
  c.unit = "row";
  c.units = static_cast<double>(net.batches * batch);
  return c;
}

Case products_case(const Net& net, std::size_t threads) {
  struct State {
    State(const Net& net, std::size_t threads) : pool(threads) {
      for (std::size_t i = 0; i < threads; ++i) workers.emplace_back(net, i, threads);
    }
    ThreadPool pool;
    std::vector<Products> workers;
  };
  const auto state = std::make_shared<std::unique_ptr<State>>();
  Case c = row_case("limit", products_of(net), net, threads);
  c.prepare = [=, &net] { *state = std::make_unique<State>(net, threads); };
  c.run = [=, &net] {
    (*state)->pool.run(threads, [&](std::size_t i) {
      for (std::size_t k = 0; k < net.batches; ++k) (*state)->workers[i].run();
    });
  };
  c.release = [state] { state->reset(); };
  return c;
}

Case epoch_case(const std::shared_ptr<const data::Split>& split, const Net& net, std::size_t threads) {
  const auto trainer = std::make_shared<std::optional<workbench::Trainer>>();
  Case c = row_case("training", net.name, net, threads);
  c.limit = products_of(net);
  c.prepare = [=, &net] {
    workbench::TrainOptions options;
    options.optimizer = SGD{.lr = rate};
    options.batch = batch;
    options.threads = threads;
    trainer->emplace(*split, models::make_model(net.model), options);
  };
  c.run = [=, &net] {
    for (std::size_t k = 0; k < net.batches; ++k) {
      if (!(*trainer)->step()) throw CaseFailed("it diverged: " + (*trainer)->divergence()->what);
    }
  };
  c.release = [trainer] { trainer->reset(); };
  return c;
}

/// A peer's network while it is trained, from where thalweg's begins.
class PeerTraining {
 public:
  PeerTraining(const ThalwegTrainingPeer* peer, const data::Split& split, const Net& net, std::size_t threads,
               int setting)
      : peer_(peer), order_(data::permutation(rows, 0, 1)) {
    parameters_ = models::Network<float>(models::make_model(net.model), split.train).initial(0);
    std::vector<float*> weights, biases;
    for (std::size_t k = 0; k < parameters_.size(); k += 2) {
      weights.push_back(parameters_[k].values.data());
      biases.push_back(parameters_[k + 1].values.data());
    }
    const ThalwegTraining training{weights.size(),
                                   net.widths.data(),
                                   weights.data(),
                                   biases.data(),
                                   rows,
                                   std::get<data::DenseMatrix>(split.train.features).values.data(),
                                   split.train.target.data(),
                                   rate,
                                   static_cast<int>(threads),
                                   setting};
    state_ = peer->create(&training);
    if (state_ == nullptr) throw CaseFailed("it cannot train this network");
  }
  ~PeerTraining() { peer_->destroy(state_); }
  PeerTraining(const PeerTraining&) = delete;
  PeerTraining& operator=(const PeerTraining&) = delete;

  void step() {
    if (next_ + batch > rows) next_ = 0;
    if (peer_->step(state_, order_.data() + next_, batch) != 0) throw CaseFailed("its step failed");
    next_ += batch;
  }

 private:
  const ThalwegTrainingPeer* peer_;
  std::vector<std::uint32_t> order_;
  models::Parameters<float> parameters_;
  void* state_ = nullptr;
  std::size_t next_ = 0;
};

void add_peer_cases(Block& block, const std::shared_ptr<const data::Split>& split, const Net& net,
                    std::size_t threads, const Peer& peer) {
  for (int setting = 0; const char* const about = peer.training->setting(static_cast<int>(threads), setting);
       ++setting) {
    const auto training = std::make_shared<std::unique_ptr<PeerTraining>>();
    Case c = row_case("peer", peer.name + ": " + net.name, net, threads);
    if (threads > 1) c.name += std::string(", ") + about;
    c.reference = net.name;
    if (threads > 1) c.settle = 0.01;  // its threads go on spinning for some milliseconds
    c.prepare = [=, &net] {
      training->reset();
      *training = std::make_unique<PeerTraining>(peer.training, *split, net, threads, setting);
    };
    c.run = [=, &net] {
      for (std::size_t k = 0; k < net.batches; ++k) (*training)->step();
    };
    c.release = [training] { training->reset(); };
    block.cases.push_back(std::move(c));
  }
}

}  // namespace

Block training_block(const std::vector<std::size_t>& threads, std::size_t rounds,
                     const std::vector<Peer>& peers) {
  const auto split = std::make_shared<const data::Split>(make_split());
  Block block;
  block.size = "batch 128";
  block.precision = "float32";
  block.rounds = rounds;
  block.memory = rows * inputs * sizeof(float);
  for (const Net& net : nets()) {
    for (const std::size_t n : threads) {
      block.cases.push_back(products_case(net, n));
      block.cases.push_back(epoch_case(split, net, n));
      for (const Peer& peer : peers) {
        if (peer.training != nullptr) add_peer_cases(block, split, net, n, peer);
      }
    }
  }
  return block;
}

}  // namespace thalweg::bench
