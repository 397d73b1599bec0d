#pragma once

// The layout of an optimizer's checkpoint, which save.cpp writes and load.cpp reads: docs/checkpoints.md.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <thalweg/checkpoint.h>
#include <thalweg/non_finite.h>
#include <thalweg/storage.h>
#include <thalweg/views.h>

#include "checkpoint/tensor_file.h"

namespace thalweg {

struct SparseOptions;

inline constexpr const char* checkpoint_format = "thalweg.checkpoint";
inline constexpr std::uint64_t checkpoint_version = 1;

/// What a file says, before anybody compares it with an optimizer.
struct Checkpoint::Contents {
  struct Group {
    std::string rule;
    std::uint64_t joined = 0;
    std::vector<double> carried;
  };
  struct Tensor {
    std::string name, sparse;  ///< sparse: as sparse_text(); "" if it is dense
    std::size_t group = 0;
  };

  explicit Contents(checkpoint::TensorFile from);

  checkpoint::TensorFile file;
  Notes notes;
  std::uint64_t steps = 0;
  std::string rounding;
  double loss_scale = 1, last_norm = 0;
  std::uint64_t skipped = 0, clipped = 0;
  std::optional<NonFiniteEntry> last_skipped;
  std::map<std::string, std::string> schedules;
  std::map<std::string, double> scales;
  std::vector<std::string> transforms;
  std::vector<Group> groups;  ///< at least one
  std::vector<Tensor> tensors;
};

namespace stored {  // names of arrays in the file

inline std::string parameter(const std::string& tensor) { return "parameter." + tensor; }
inline std::string master(const std::string& tensor) { return "master." + tensor; }
inline std::string touched(const std::string& tensor) { return "touched." + tensor; }
inline std::string records(const std::string& tensor) { return "records." + tensor; }
inline std::string factor(const std::string& tensor) { return "factor." + tensor; }
inline std::string slot(const std::string& slot, const std::string& tensor) {
  return "slot." + slot + "." + tensor;
}
inline std::string scales(const std::string& slot, const std::string& tensor) {
  return "scales." + slot + "." + tensor;
}
inline std::string carried(std::size_t group) { return "carried." + std::to_string(group); }

}  // namespace stored

[[nodiscard]] checkpoint::Dtype dtype_of(Precision precision);
[[nodiscard]] checkpoint::Dtype dtype_of(StateType type);  ///< of int8: that of its codes
[[nodiscard]] std::optional<Precision> precision_of(checkpoint::Dtype dtype);
[[nodiscard]] std::string rounding_text(const Storage& storage);
[[nodiscard]] std::string sparse_text(const SparseOptions& sparse);

}  // namespace thalweg
