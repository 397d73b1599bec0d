#include "bench/data.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

#include <thalweg/error.h>

#include "bench/rule_passes.h"

namespace thalweg::bench {

Shape make_shape(std::string_view option, std::string_view name) {
  const auto number = [](std::string_view text) -> std::size_t {
    double value = 0;
    if (!parse_number(text, value) || !(value >= 1 && value <= 1e10) || std::floor(value) != value) return 0;
    return static_cast<std::size_t>(value);
  };
  const std::size_t x = name.find('x');
  Shape shape{std::string(name), 1, 0};
  if (x == std::string_view::npos) {
    shape.each = number(name);
  } else {
    shape.tensors = number(name.substr(0, x));
    shape.each = number(name.substr(x + 1));
  }
  if (shape.tensors == 0 || shape.each == 0 || shape.count() > 10'000'000'000U)
    throw usage_error(option, name,
                      "must be L1, a whole number of parameters such as 1e6, or TENSORSxEACH such as "
                      "10000x1000, with 1 to 1e10 in all");
  return shape;
}

Data::Data(const Shape& shape, Precision precision, Isa isa)
    : shape_(shape), precision_(precision), isa_(isa), parameters_(make_array(0)), gradient_(make_array(1)) {
  start_anew();
  fill_array(gradient(), 2);
}

Array Data::make_array(std::size_t number) const {
  return Array(number * apart + shape_.room() * element_size());
}

std::size_t Data::element_size() const {
  return precision_ == Precision::float32 ? sizeof(float) : sizeof(double);
}

void Data::fill_array(void* array, std::uint64_t seed) const {
  if (precision_ == Precision::float32)
    fill(static_cast<float*>(array), shape_.room(), seed);
  else
    fill(static_cast<double*>(array), shape_.room(), seed);
}

std::vector<void*> Data::arrays(std::size_t count) {
  const auto other = [&](std::size_t i) { return others_[i].as<std::byte>() + (i + 2) * apart; };
  while (others_.size() + 2 < count) {
    others_.push_back(make_array(others_.size() + 2));
    fill_array(other(others_.size() - 1), 2 + others_.size());
  }
  std::vector<void*> all{parameters()};
  for (std::size_t i = 0; i + 2 < count; ++i) all.push_back(other(i));
  if (count > 1) all.push_back(gradient());
  return all;
}

ThreadPool& Data::pool(std::size_t threads) {
  for (const auto& pool : pools_) {
    if (pool->threads() == threads) return *pool;
  }
  pools_.push_back(std::make_unique<ThreadPool>(threads));
  return *pools_.back();
}

std::string Data::check() const {
  const bool finite = precision_ == Precision::float32 ? all_finite(parameters_.as<float>(), shape_.room())
                                                       : all_finite(parameters_.as<double>(), shape_.room());
  return finite ? "" : "a parameter is not finite after all these steps: the times are of no use";
}

namespace {

/// The bare loops of some passes, and on how many threads they are fastest.
class LimitLoops {
 public:
  LimitLoops(const std::shared_ptr<Data>& data, const std::vector<Pass>& passes)
      : data_(data), passes_(passes) {}

  /// A loop over little is faster without other threads, and a limit is what is fastest.
  void prepare(std::size_t threads) {
    arrays_.clear();
    for (const Pass& pass : passes_) {
      std::vector<void*> of_pass = data_->arrays(pass.arrays());
      if (pass.fresh > 0) std::rotate(of_pass.end() - 2, of_pass.end() - 1, of_pass.end());
      arrays_.push_back(std::move(of_pass));
    }
    threads_ = threads;
    if (threads == 1) return;
    const double several = least_time();
    threads_ = 1;
    if (several < least_time()) threads_ = threads;
  }

  void run() const {
    constexpr std::size_t tile = 512;  // the engine cuts a step at multiples of it
    const std::size_t count = data_->shape().count(), tiles = (count + tile - 1) / tile;
    const std::size_t parts = std::min(threads_, tiles), size = data_->element_size();
    for (std::size_t p = 0; p < passes_.size(); ++p) {
      const auto part = [&](std::size_t i) {
        const std::size_t begin = tiles * i / parts * tile,
                          end = std::min(count, tiles * (i + 1) / parts * tile);
        std::vector<void*> here = arrays_[p];
        for (void*& array : here) array = static_cast<std::byte*>(array) + begin * size;
        run_pass(passes_[p], data_->precision(), data_->isa(), here.data(), end - begin);
      };
      if (parts == 1)
        part(0);
      else
        data_->pool(threads_).run(parts, part);
    }
  }

 private:
  /// Of a few calls one after the other.
  [[nodiscard]] double least_time() const {
    using Clock = std::chrono::steady_clock;
    const std::size_t calls = std::clamp<std::size_t>(10'000'000 / data_->shape().count(), 3, 100);
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < calls; ++i) {
      const auto begin = Clock::now();
      run();
      least = std::min(least, std::chrono::duration<double>(Clock::now() - begin).count());
    }
    return least;
  }

  std::shared_ptr<Data> data_;
  std::vector<Pass> passes_;
  std::vector<std::vector<void*>> arrays_;
  std::size_t threads_ = 1;
};

}  // namespace

Case limit_case(const std::shared_ptr<Data>& data, const std::vector<Pass>& passes, std::size_t threads) {
  Case c;
  c.group = "limit";
  c.name = pass_name(passes);
  c.threads = threads;
  c.units = static_cast<double>(data->shape().count());
  c.bytes = bytes_of(passes, data->element_size());
  const auto loops = std::make_shared<LimitLoops>(data, passes);
  c.prepare = [loops, threads] { loops->prepare(threads); };
  c.run = [loops] { loops->run(); };
  c.release = [] {};
  return c;
}

std::size_t scratch_of(const Data& data, const std::vector<Pass>& passes) {
  std::size_t most = 2;
  for (const Pass& pass : passes) most = std::max(most, pass.arrays());
  return (most - 2) * data.shape().room() * data.element_size();
}

}  // namespace thalweg::bench
