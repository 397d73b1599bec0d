#include "bench/suite.h"

#include <algorithm>

#include <fmt/format.h>

#include <thalweg/thread_pool.h>

#include "bench/load_cases.h"
#include "bench/machine.h"
#include "bench/measure.h"
#include "bench/objective_cases.h"
#include "bench/peers.h"
#include "bench/sparse_cases.h"
#include "bench/training_cases.h"

namespace thalweg::bench {
namespace {

const char* isa_text(Isa isa) {
  switch (isa) {
    case Isa::x86_64_v3:
      return "x86-64-v3";
    case Isa::x86_64_v4:
      return "x86-64-v4";
    case Isa::baseline:
      break;
  }
  return "baseline";
}

std::size_t rounds_for(const Options& options, std::size_t count) {
  if (options.rounds > 0) return options.rounds;
  return count < 3'000'000 ? 11 : count < 30'000'000 ? 7 : 5;
}

/// What is planned, before its memory is taken: a block at a time lives.
struct Planned {
  std::string title;
  double cost;  ///< about, in seconds
  std::function<Block()> make;
};

Block rule_block(const Options& options, const Shape& shape, Precision precision,
                 const std::vector<std::size_t>& threads, const std::vector<Peer>& peers) {
  const auto data = std::make_shared<Data>(shape, precision, find_isa(options.isa));
  const Setting setting{data, threads, options.isa};
  Block block;
  block.size = shape.name;
  block.precision = precision_name(precision);
  block.rounds = rounds_for(options, shape.count());
  block.warm = shape.count() < 30'000'000;
  // Peers that take ten times as long, with every rule, would be most of a run.
  const bool few = shape.count() < 3'000'000 || options.rules.size() <= 4;
  bool adam = false;
  for (const AnyRule& rule : options.rules) {
    add_rule(block, setting, rule);
    if (few || rule.name() == "sgd" || rule.name() == "adam") add_peers(block, setting, rule, peers);
    adam = adam || rule.name() == "adam";
  }
  if (adam && precision == Precision::float32) {
    add_chains(block, setting);
    add_storage(block, setting);
  }
  block.check = [data] { return data->check(); };
  return block;
}

void plan_steps(const Options& options, const std::vector<std::size_t>& threads,
                const std::vector<Peer>& peers, std::vector<Planned>& all) {
  const auto cases = static_cast<double>(2 + options.rules.size() * (1 + peers.size() / 2));
  for (const std::string& size : options.sizes) {
    for (const Precision precision : options.precisions) {
      const std::string title = fmt::format("{}, {}", size, precision_name(precision));
      if (size == "L1") {
        const std::size_t rounds = rounds_for(options, 1);
        all.push_back({title, static_cast<double>(rounds) * cases * 2e-3, [=, &options] {
                         return kernel_block(options.rules, precision, options.isa, rounds);
                       }});
        continue;
      }
      const Shape shape = make_shape("--sizes", size);
      const double step = std::max(4e-3, static_cast<double>(shape.count()) * 2.5e-9);
      all.push_back(
          {title, cases * 2 * step * static_cast<double>(rounds_for(options, shape.count()) + 4),
           [=, &options, &peers] { return rule_block(options, shape, precision, threads, peers); }});
    }
    const bool adam = std::any_of(options.rules.begin(), options.rules.end(),
                                  [](const AnyRule& rule) { return rule.name() == "adam"; });
    if (size == "L1" && adam) {
      all.push_back({"overheads", 0.1,
                     [=, &options] { return overhead_block(threads, options.isa, rounds_for(options, 1)); }});
    }
  }
}

void plan_loads(const Options& options, const std::vector<Peer>& peers, std::vector<Planned>& all) {
  const std::size_t rounds = options.rounds > 0 ? options.rounds : 7;
  const double seconds =
      static_cast<double>(options.load_bytes) * 1e-8;  // for a round, and to make the files
  all.push_back({"loading files", seconds * static_cast<double>(rounds + 4),
                 [=, &options, &peers] { return load_block(options.load_bytes, rounds, peers); }});
}

void plan_training(const Options& options, const std::vector<std::size_t>& threads,
                   const std::vector<Peer>& peers, std::vector<Planned>& all) {
  const std::size_t rounds = rounds_for(options, 1);
  all.push_back({"training", static_cast<double>(threads.size() * (rounds + 2)) * 0.4,
                 [=, &peers] { return training_block(threads, rounds, peers); }});
}

void plan_sparse(const Options& options, const std::vector<Peer>& peers, std::vector<Planned>& all) {
  const std::size_t rounds = rounds_for(options, 1);
  for (const Frequencies frequencies : {Frequencies::uniform, Frequencies::text}) {
    all.push_back({"sparse rows, " + sparse_size(frequencies), 1 + static_cast<double>(rounds + 2) * 0.5,
                   [=, &peers] { return sparse_block(frequencies, rounds, peers); }});
    all.push_back({"to an objective, " + sparse_size(frequencies), 20 + static_cast<double>(rounds + 2) * 0.6,
                   [=, &peers] { return objective_block(frequencies, rounds, peers); }});
  }
}

std::vector<Planned> plan(const Options& options, const std::vector<std::size_t>& threads,
                          const std::vector<Peer>& peers) {
  const auto wanted = [&](const char* kind) {
    return options.only.empty() ||
           std::find(options.only.begin(), options.only.end(), kind) != options.only.end();
  };
  std::vector<Planned> all;
  if (wanted("steps")) plan_steps(options, threads, peers, all);
  if (wanted("training")) plan_training(options, threads, peers, all);
  if (wanted("sparse")) plan_sparse(options, peers, all);
  if (wanted("load")) plan_loads(options, peers, all);
  return all;
}

}  // namespace

const std::vector<std::string>& kinds() {
  static const std::vector<std::string> all{"steps", "training", "sparse", "load"};
  return all;
}

std::vector<std::string> all_sizes() { return {"L1", "1e4", "1e5", "1e6", "1e7", "1e8", "10000x1000"}; }

void check_size(const std::string& option, const std::string& size) {
  if (size != "L1") (void)make_shape(option, size);
}

Record run_suite(const Options& options, const std::function<void(double, const std::string&)>& progress) {
  Record record;
  const std::size_t all_threads = options.threads == 0 ? hardware_threads() : options.threads;
  std::vector<std::size_t> threads{1};
  if (all_threads > 1) threads.push_back(all_threads);
  record.date = now_text();
  record.command = options.command;
  record.version = options.version;
  record.machine = this_machine(isa_text(find_isa(options.isa)), all_threads);
  std::vector<Peer> peers;
  if (!options.peers.empty()) peers = load_peers(options.peers, record.left_out);
  for (const Peer& peer : peers) record.peers.push_back(peer.name + ": " + peer.about);
  if (!peers.empty() && options.rules.size() > 4)
    record.left_out.push_back(
        "peers from 3e6 parameters on, but for sgd and adam: --rules with up to four names has them");

  const std::vector<Planned> planned = plan(options, threads, peers);
  double whole = 0, done = 0;
  for (const Planned& p : planned) whole += p.cost;
  for (const Planned& p : planned) {
    progress(done / whole, p.title);
    Block block = p.make();
    const std::size_t available = free_memory() / 10 * 5;  // peers make copies on the way
    Timing timing;
    timing.memory = available > block.memory ? available - block.memory : 0;
    timing.progress = [&](double share, const std::string&) {
      progress((done + share * p.cost) / whole, p.title);
    };
    measure(block, timing, record);
    done += p.cost;
  }
  return record;
}

}  // namespace thalweg::bench
