#pragma once

// Checkpoints: files from which an Optimizer goes on with the same bits. docs/checkpoints.md has the layout.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace thalweg {

/// What a program keeps in a checkpoint beside the optimizer, by names of its own: how far it is, its losses.
struct Notes {
  std::map<std::string, std::string> texts{};            ///< in UTF-8, as their names
  std::map<std::string, std::vector<double>> numbers{};  ///< come back bit by bit
};

/// What Optimizer::load() may do to a checkpoint that was not made by the same optimizer.
struct LoadOptions {
  /// Takes parameters and state of another precision, or another way of storing state, and rounds them once,
  /// to nearest, to what they are here. Widening loses nothing; the bits of the run that was saved are lost.
  bool convert = false;
  /// Goes on with the hyper-parameters, schedules, transforms, rounding and order of tensors that the
  /// optimizer has here, whatever they were.
  bool own_settings = false;
};

/// A checkpoint that was read, and whose checksum holds.
class Checkpoint {
 public:
  /// Throws an input Error, with the path, for a file that cannot be read, is cut off, damaged or of another
  /// kind, or was written in a newer format. Takes memory for the file once, and for its list of tensors.
  explicit Checkpoint(const std::string& path);

  [[nodiscard]] const std::string& path() const;
  [[nodiscard]] const Notes& notes() const;
  [[nodiscard]] std::uint64_t steps() const;      ///< that the optimizer had done
  [[nodiscard]] const std::string& rule() const;  ///< its specification: "adam:lr=0.01"

  struct Contents;  ///< for the library
  [[nodiscard]] const Contents& contents() const { return *contents_; }

 private:
  std::shared_ptr<const Contents> contents_;
};

}  // namespace thalweg
