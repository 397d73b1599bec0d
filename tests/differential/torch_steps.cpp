// torch_steps CASES CASE FROM UNTIL TO: steps a case of tests/torch from a checkpoint ("-": from the start)
// until step UNTIL, and saves it.

#include <cstdio>
#include <stdexcept>

#include "torch/problem.h"

namespace {

template <class T>
void step(const nlohmann::json& options, const std::string& from, std::uint64_t until,
          const std::string& to) {
  thalweg::test::ProblemRun<T> run(options);
  if (from != "-") {
    run.add_all();
    run.optimizer.load(from, {.own_settings = true});  // in the order of its tensors' adding
  }
  run.step_until(until);
  run.add_until(until + 1);  // what has its first gradient then has no state yet
  run.optimizer.save(to);
}

}  // namespace

int main(int count, char** words) {
  try {
    if (count != 6) throw std::invalid_argument("CASES CASE FROM UNTIL TO");
    const nlohmann::json options = thalweg::test::torch_cases(words[1]).at(words[2]);
    const bool narrow = options["type"] == "float32";
    (narrow ? step<float> : step<double>)(options, words[3], std::stoul(words[4]), words[5]);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
