#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace thalweg::bench {

/// One thing that is timed. Whatever it is (a step, a limit of the machine, a peer; later an epoch or the
/// reading of a file), it says what it is called, what it is held against, and how to do it once.
struct Case {
  std::string group, name;
  std::size_t threads = 1;
  std::string unit = "parameter";
  double units = 1;               ///< that one run() does
  double bytes = 0;               ///< that a unit must move at least
  std::string limit, reference;   ///< names of other cases of the block, timed in the same rounds
  std::size_t memory = 0;         ///< bytes that it holds between prepare() and release()
  std::size_t renew_after = 0;    ///< prepare() again, untimed, after so many runs; 0: never
  double settle = 0;              ///< seconds to wait after a timed run, until its threads are asleep
  std::function<void()> prepare;  ///< may throw std::bad_alloc
  std::function<void()> begin;    ///< before each run, untimed; none if empty
  std::function<void()> run;
  std::function<void()> release;
};

/// Cases that share data: a size and a precision.
struct Block {
  std::string size, precision;
  std::size_t rounds = 1;
  std::size_t memory = 0;  ///< that its shared data hold
  bool warm = true;        ///< small enough for one untimed run before each timed one to cost little
  std::vector<Case> cases;
  std::function<std::string()> check;  ///< what is wrong with the data in the end, or ""
};

}  // namespace thalweg::bench
