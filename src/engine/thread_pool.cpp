#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include <thalweg/thread_pool.h>

namespace thalweg {
namespace {

using Clock = std::chrono::steady_clock;

/// A thread that has nothing to do looks for work for this long before it sleeps: about what waking it costs.
constexpr auto spin_time = std::chrono::microseconds(50);
/// How long it leaves the others alone with their shares, since to read a share takes it out of their cache.
constexpr auto patience = std::chrono::nanoseconds(300);
/// After so many brief calls within a spin of each other the next one wakes the sleepers.
constexpr int calls_in_a_row = 4;

thread_local bool inside_part = false;

void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/// Looks whether it is done, for so long by the clock: a pause takes ten times longer on some processors than
/// on others.
template <class Done>
bool spin(Clock::duration time, Done done) {
  const auto look = [&] {
    for (int i = 0; i < 8; ++i) {
      if (done()) return true;
      pause();
    }
    return false;
  };
  if (look()) return true;
  const auto end = Clock::now() + time;
  do {
    if (look()) return true;
  } while (Clock::now() < end);
  return false;
}

/// While it lives, calls of this thread run alone.
struct InsidePart {
  InsidePart() { inside_part = true; }
  ~InsidePart() { inside_part = false; }
  InsidePart(const InsidePart&) = delete;
  InsidePart& operator=(const InsidePart&) = delete;
};

/// As with threads, the other parts run all the same when one throws.
void run_alone(std::size_t parts, const std::function<void(std::size_t)>& part) {
  std::exception_ptr first;
  for (std::size_t i = 0; i < parts; ++i) {
    try {
      part(i);
    } catch (...) {
      if (!first) first = std::current_exception();
    }
  }
  if (first) std::rethrow_exception(first);
}

/// A call of run(), in one word that all threads read: the low bits say in how many units its parts are
/// dealt, the others count the calls.
struct Call {
  static constexpr int unit_bits = 20;
  std::uint64_t word = 0;

  [[nodiscard]] std::size_t units() const { return word & ((1U << unit_bits) - 1); }
  [[nodiscard]] std::uint64_t number() const { return word >> unit_bits; }
  [[nodiscard]] Call next(std::size_t units) const { return {((number() + 1) << unit_bits) | units}; }
};
constexpr std::size_t most_units = (1U << Call::unit_bits) - 1;

/// The units that one thread begins with: in low bits how many of them have been taken, in the others the
/// call to which that applies. Nobody resets it: in a newer call nothing has been taken, and in an older one
/// all. So a thread that comes late can take nothing that is not there, and nobody has to wait for it.
struct alignas(64) Share {
  std::atomic<std::uint64_t> word{0};

  /// The number of a unit in this share that nobody has taken, taking it.
  std::optional<std::size_t> take(Call call, std::size_t count) {
    std::uint64_t seen = word.load(std::memory_order_relaxed);
    for (;;) {
      const Call known{seen};
      const auto ahead = static_cast<std::int64_t>((known.number() - call.number()) << Call::unit_bits);
      const std::size_t taken = ahead < 0 ? 0 : ahead == 0 ? known.units() : count;
      if (taken >= count) return std::nullopt;
      if (word.compare_exchange_weak(seen, (call.number() << Call::unit_bits) | (taken + 1),
                                     std::memory_order_acq_rel, std::memory_order_relaxed))
        return taken;
    }
  }
};

}  // namespace

struct ThreadPool::Workers {
  explicit Workers(std::size_t count) : shares(count), spins(count <= hardware_threads()) {}

  // Written by the thread that calls run(), read by all.
  alignas(64) std::atomic<std::uint64_t> call{0};
  const std::function<void(std::size_t)>* part = nullptr;
  std::size_t parts = 0;
  std::atomic<bool> stopping{false};

  // Written by the workers, read by the thread that calls run().
  alignas(64) std::atomic<std::uint32_t> ended{0};  ///< units that workers have done, in all calls
  std::atomic<std::uint32_t> sleepers{0};

  // For sleeping: seldom written.
  alignas(64) std::atomic<std::uint32_t> bell{0};
  std::atomic<bool> caller_sleeps{false};

  std::vector<Share> shares;  ///< one per thread, the caller's first
  const bool spins;

  std::mutex failure_mutex;
  std::size_t failed_part = 0;
  std::exception_ptr failure;

  std::mutex one_run;
  Clock::time_point last_alone;  ///< the end of the last brief call that found all asleep
  int in_a_row = 0;

  std::vector<std::jthread> threads;

  void run_unit(Call now, std::size_t unit) {
    const std::size_t units = now.units(), end = parts * (unit + 1) / units;
    for (std::size_t i = parts * unit / units; i < end; ++i) {
      try {
        (*part)(i);
      } catch (...) {
        const std::lock_guard lock(failure_mutex);
        if (!failure || i < failed_part) {
          failure = std::current_exception();
          failed_part = i;
        }
      }
    }
  }

  /// Runs what is left of the share of thread `owner`, and returns how many units that were.
  std::uint32_t run_share(Call now, std::size_t owner) {
    const std::size_t sharing = std::min(now.units(), shares.size()), begin = now.units() * owner / sharing,
                      count = now.units() * (owner + 1) / sharing - begin;
    std::uint32_t done = 0;
    for (auto unit = shares[owner].take(now, count); unit; unit = shares[owner].take(now, count)) {
      run_unit(now, begin + *unit);
      ++done;
    }
    return done;
  }

  void serve(std::size_t me) {
    inside_part = true;
    for (Call seen;;) {
      seen = next_call(seen);
      if (stopping.load(std::memory_order_acquire)) return;
      const std::size_t sharing = std::min(seen.units(), shares.size());
      if (me >= sharing) continue;
      finish(run_share(seen, me));
      if (spin(patience, [&] { return call.load(std::memory_order_relaxed) != seen.word; })) continue;
      for (std::size_t i = 1; i < sharing; ++i) finish(run_share(seen, (me + i) % sharing));
    }
  }

  void finish(std::uint32_t units) {
    if (units == 0) return;
    ended.fetch_add(units);  // orders before the look at caller_sleeps, as the caller does the other way
    if (caller_sleeps.load()) ended.notify_one();
  }

  Call next_call(Call seen) {
    std::uint64_t now = seen.word;
    const auto another = [&] { return (now = call.load(std::memory_order_acquire)) != seen.word; };
    if (spins ? spin(spin_time, another) : another()) return {now};
    sleepers.fetch_add(1);
    for (;;) {
      const std::uint32_t rung = bell.load();
      if ((now = call.load()) != seen.word) break;
      bell.wait(rung);
    }
    sleepers.fetch_sub(1);
    return {now};
  }

  void wake() {
    bell.fetch_add(1);
    bell.notify_all();
  }

  /// Whether a brief call is to wake the sleepers, since so many of them came within a spin of each other.
  bool follows_closely() {
    if (!spins || Clock::now() - last_alone > spin_time) in_a_row = 0;
    if (++in_a_row <= calls_in_a_row) return false;
    in_a_row = 0;
    return true;
  }

  void run(std::size_t count, const std::function<void(std::size_t)>& what, bool brief) {
    const std::lock_guard lock(one_run);
    if (brief && sleepers.load(std::memory_order_relaxed) == threads.size()) {
      if (!follows_closely()) {
        const InsidePart inside;
        run_alone(count, what);
        last_alone = Clock::now();
        return;
      }
      brief = false;
    }
    part = &what;
    parts = count;
    failure = nullptr;
    const std::uint32_t before = ended.load(std::memory_order_relaxed);
    const Call now = Call{call.load(std::memory_order_relaxed)}.next(std::min(count, most_units));
    call.store(now.word);  // orders before the look at the sleepers, as they do the other way
    const bool asleep = sleepers.load() != 0;
    if (asleep && !brief) wake();

    const InsidePart inside;
    const std::size_t sharing = std::min(now.units(), shares.size());
    std::uint32_t mine = run_share(now, 0);
    const auto all_done = [&] {
      return ended.load(std::memory_order_acquire) - before == now.units() - mine;
    };
    if (!asleep) spin(patience, all_done);
    for (std::size_t owner = 1; owner < sharing && !all_done(); ++owner) mine += run_share(now, owner);

    if (!(spins ? spin(spin_time, all_done) : all_done())) {
      caller_sleeps.store(true);
      for (std::uint32_t seen = ended.load(); seen - before != now.units() - mine; seen = ended.load())
        ended.wait(seen);
      caller_sleeps.store(false);
    }
    if (failure) std::rethrow_exception(failure);
  }
};

ThreadPool::ThreadPool(std::size_t threads) {
  if (threads == 0) threads = hardware_threads();
  workers_ = std::make_unique<Workers>(threads);
  for (std::size_t i = 1; i < threads; ++i)
    workers_->threads.emplace_back([workers = workers_.get(), i] { workers->serve(i); });
}

ThreadPool::~ThreadPool() {
  workers_->stopping.store(true);
  workers_->call.store(Call{workers_->call.load()}.next(0).word);
  workers_->wake();
}

std::size_t ThreadPool::threads() const { return workers_->shares.size(); }

void ThreadPool::run(std::size_t parts, const std::function<void(std::size_t)>& part) {
  if (inside_part || threads() == 1 || parts <= 1) return run_alone(parts, part);
  workers_->run(parts, part, false);
}

void ThreadPool::run_brief(std::size_t parts, const std::function<void(std::size_t)>& part) {
  if (inside_part || threads() == 1 || parts <= 1) return run_alone(parts, part);
  workers_->run(parts, part, true);
}

}  // namespace thalweg
