#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoint/tensor_file.h"

namespace thalweg::checkpoint {

constexpr std::size_t longest_header = 100'000'000;  ///< bytes, as the reference has it

constexpr std::string_view metadata_name = "__metadata__";

struct HeaderEntry {
  Tensor tensor;                         ///< without its bytes
  std::vector<std::uint64_t> offsets{};  ///< two: where its bytes begin and end, from the end of the header
};

struct Header {
  std::vector<HeaderEntry> entries;
  Metadata metadata;
};

/// Reads the JSON of a header. Throws an input Error with the file, the tensor and the field unless it is as
/// the format has it.
[[nodiscard]] Header parse_header(const std::string& file, std::string_view json);

/// The JSON of a header of tensors whose bytes follow one another in this order. Throws an input Error for
/// `file` where a text is not UTF-8.
[[nodiscard]] std::string header_json(const std::string& file, const std::vector<Tensor>& tensors,
                                      const Metadata& metadata);

}  // namespace thalweg::checkpoint
