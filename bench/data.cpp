#include "bench/data.h"

#include <algorithm>
#include <cmath>

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

Case limit_case(const std::shared_ptr<Data>& data, const std::vector<Pass>& passes, std::size_t threads) {
  Case c;
  c.group = "limit";
  c.name = pass_name(passes);
  c.threads = threads;
  c.units = static_cast<double>(data->shape().count());
  c.bytes = bytes_of(passes, data->element_size());
  const auto arrays = std::make_shared<std::vector<std::vector<void*>>>();
  c.prepare = [data, passes, arrays, threads] {
    arrays->clear();
    for (const Pass& pass : passes) {
      std::vector<void*> of_pass = data->arrays(pass.arrays());
      if (pass.fresh > 0) std::rotate(of_pass.end() - 2, of_pass.end() - 1, of_pass.end());
      arrays->push_back(std::move(of_pass));
    }
    if (threads > 1) (void)data->pool(threads);
  };
  c.run = [data, passes, arrays, threads] {
    // Blocks of 8192 to threads, as the engine does.
    constexpr std::size_t block = 8192;
    const std::size_t count = data->shape().count(), blocks = (count + block - 1) / block;
    const std::size_t parts = std::min(threads, blocks), size = data->element_size();
    for (std::size_t p = 0; p < passes.size(); ++p) {
      const auto part = [&](std::size_t i) {
        const std::size_t begin = blocks * i / parts * block,
                          end = std::min(count, blocks * (i + 1) / parts * block);
        std::vector<void*> here = (*arrays)[p];
        for (void*& array : here) array = static_cast<std::byte*>(array) + begin * size;
        run_pass(passes[p], data->precision(), data->isa(), here.data(), end - begin);
      };
      if (parts == 1)
        part(0);
      else
        data->pool(threads).run(parts, part);
    }
  };
  c.release = [] {};
  return c;
}

std::size_t scratch_of(const Data& data, const std::vector<Pass>& passes) {
  std::size_t most = 2;
  for (const Pass& pass : passes) most = std::max(most, pass.arrays());
  return (most - 2) * data.shape().room() * data.element_size();
}

}  // namespace thalweg::bench
