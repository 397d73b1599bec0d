// Transforms that a rule's kernel applies itself have the bits that they have one after the other.

#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <thalweg/registry.h>

#include "arrays.h"
#include "variants.h"

namespace thalweg::prepared_test {
namespace {

/// Parameters and state after some steps. A clip_value that clips nothing keeps the kernel from preparing.
template <class T>
std::vector<std::vector<double>> after_steps(const AnyRule& rule, const std::vector<std::string>& transforms,
                                             bool apart, const std::string& isa) {
  Optimizer optimizer(rule, {.threads = 1, .isa = isa});
  std::vector<T> theta = test::wild_numbers<T>(700, 1);
  optimizer.add("theta", theta);
  for (const std::string& transform : transforms) {
    if (transform == "loss_scale")
      optimizer.loss_scale(3);
    else
      optimizer.transform(make_transform(transform));
  }
  if (apart) optimizer.transform(make_transform("clip_value:max=1e30"));
  for (std::size_t t = 0; t < 3; ++t) {
    optimizer.look_ahead();
    optimizer.step({test::wild_numbers<T>(700, 2 + t)});
  }
  std::vector<std::vector<double>> all{test::comparable({theta.begin(), theta.end()})};
  for (const std::string& slot : test::slot_names(rule))
    all.push_back(test::comparable(optimizer.slot_values("theta", slot)));
  return all;
}

class PreparedKernels : public ::testing::TestWithParam<AnyRule> {};

TEST_P(PreparedKernels, HaveTheBitsOfTransformsApart) {
  AnyRule decaying = GetParam();
  for (const char* key : {"l2", "weight_decay"}) {
    if (test::has_key(decaying, key)) decaying.set(key, 0.125);
  }
  for (const std::vector<std::string>& transforms : std::vector<std::vector<std::string>>{
           {},
           {"loss_scale"},
           {"clip_norm:max=7"},
           {"l2:lambda=0.3"},
           {"decay:lambda=0.1"},
           {"loss_scale", "clip_norm:max=7", "l2:lambda=0.3", "decay:lambda=0.1"},
           {"decay:lambda=0.1", "clip_norm:max=7"},    // in another order,
           {"clip_norm:max=7", "clip_norm:max=3"}}) {  // or twice: these are not prepared
    for (const std::string& isa : isa_names()) {
      EXPECT_EQ(after_steps<float>(decaying, transforms, false, isa),
                after_steps<float>(decaying, transforms, true, isa))
          << ::testing::PrintToString(transforms) << isa;
      EXPECT_EQ(after_steps<double>(decaying, transforms, false, isa),
                after_steps<double>(decaying, transforms, true, isa))
          << ::testing::PrintToString(transforms) << isa;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Rules, PreparedKernels, ::testing::ValuesIn(test::all_defaults()),
                         test::rule_test_name);

}  // namespace
}  // namespace thalweg::prepared_test
