#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <thalweg/thread_pool.h>
#include <thalweg/views.h>

#include "bench/arrays.h"
#include "bench/case.h"
#include "bench/loops.h"

namespace thalweg::bench {

/// How many parameters in how many tensors: "1e6" is one tensor, "10000x1000" are 10,000 of 1,000.
struct Shape {
  std::string name;
  std::size_t tensors = 1, each = 0;

  [[nodiscard]] std::size_t count() const { return tensors * each; }
  /// Elements from the beginning of a tensor to that of the next, on another cache line.
  [[nodiscard]] std::size_t stride() const { return tensors == 1 ? each : (each + 15) / 16 * 16; }
  [[nodiscard]] std::size_t room() const { return tensors * stride(); }
};

/// The shape of a size's name. Throws a usage Error for `option` if it is neither a number of parameters
/// (1 to 1e10) nor TENSORSxEACH.
[[nodiscard]] Shape make_shape(std::string_view option, std::string_view name);

/// What the cases of a block share: parameters, a gradient, and for the limits' loops other arrays.
class Data {
 public:
  Data(const Shape& shape, Precision precision, Isa isa);

  [[nodiscard]] const Shape& shape() const { return shape_; }
  [[nodiscard]] Precision precision() const { return precision_; }
  [[nodiscard]] Isa isa() const { return isa_; }
  [[nodiscard]] std::size_t element_size() const;
  [[nodiscard]] void* parameters() const { return parameters_.data(); }
  [[nodiscard]] void* gradient() const { return gradient_.as<std::byte>() + apart; }
  /// Gives the parameters the numbers that they had at first.
  void start_anew() const { fill_array(parameters(), 1); }
  /// Parameters, other arrays, gradient: `count` in all. Each is filled when it is first wanted.
  [[nodiscard]] std::vector<void*> arrays(std::size_t count);
  /// A pool that the limits of as many threads share.
  [[nodiscard]] ThreadPool& pool(std::size_t threads);
  /// "" if parameters are finite, or what is wrong.
  [[nodiscard]] std::string check() const;

 private:
  /// Each array begins so many bytes further into its pages than the one before. Where all begin alike a loop
  /// over four of them took 1.7 times as long: the first-level cache takes their lines for one another.
  static constexpr std::size_t apart = 3 * 4096 + 3 * 64;

  [[nodiscard]] Array make_array(std::size_t number) const;
  void fill_array(void* array, std::uint64_t seed) const;

  Shape shape_;
  Precision precision_;
  Isa isa_;
  Array parameters_, gradient_;
  std::vector<Array> others_;
  std::vector<std::unique_ptr<ThreadPool>> pools_;
};

/// The limit of passes over such data: the bare loops, one after the other, cut for threads as the engine
/// cuts a step, or on one thread where that is faster.
[[nodiscard]] Case limit_case(const std::shared_ptr<Data>& data, const std::vector<Pass>& passes,
                              std::size_t threads);

/// Bytes of the arrays that limit_case() needs beyond parameters and gradient.
[[nodiscard]] std::size_t scratch_of(const Data& data, const std::vector<Pass>& passes);

}  // namespace thalweg::bench
