// Optimizers by name, as the command line writes them: every rule of the library on the ravine.
#include <cstdio>

#include <thalweg/thalweg.h>

namespace tw = thalweg;

int main() {
  const tw::Problem ravine = tw::make_problem("ravine");
  for (const auto* info : tw::rules()) {
    const tw::AnyRule rule = tw::make_rule(info->card.name);
    const tw::Result r = tw::minimize(ravine, ravine.start, rule, {.max_steps = 200});
    std::printf("%-19s %.3e -> %.3e\n", info->card.name, r.start.value, r.last.value);
  }
  const tw::AnyRule like_keras = tw::make_rule("nadam:like=keras,lr=0.01");
  std::printf("%s\n", like_keras.text().c_str());
}
