#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <thalweg/checkpoint.h>

namespace thalweg::workbench {

/// A folder of the checkpoints of one run: step-000000000500.safetensors, ...
class CheckpointFolder {
 public:
  struct Skipped {
    std::string path, why;
  };
  struct Entry {
    std::uint64_t steps = 0;
    std::string path;
  };

  /// To be written to: makes the folder if it is missing, takes it for itself, and removes what an
  /// interrupted write has left there. Input Errors: it cannot be made or written to, or another process has
  /// taken it.
  CheckpointFolder(std::string path, std::size_t keep);
  ~CheckpointFolder();
  CheckpointFolder(const CheckpointFolder&) = delete;
  CheckpointFolder& operator=(const CheckpointFolder&) = delete;

  /// Calls save(path) for a checkpoint of so many steps; once it has returned, removes older ones but for
  /// the newest that are kept. Those that were skipped as broken do not count as kept.
  std::string write(std::uint64_t steps, const std::vector<Skipped>& broken,
                    const std::function<void(const std::string&)>& save) const;

  /// Those in a folder, the newest first; none where there is no folder.
  [[nodiscard]] static std::vector<Entry> list(const std::string& path);
  /// The newest that is whole, and what was skipped for it.
  [[nodiscard]] static std::optional<Checkpoint> newest(const std::string& path,
                                                        std::vector<Skipped>& skipped);

 private:
  std::string path_;
  std::size_t keep_;
  int lock_ = -1;
};

}  // namespace thalweg::workbench
