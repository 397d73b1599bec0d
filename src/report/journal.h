#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <tuple>

#include "workbench/compare/trials.h"

namespace thalweg::report {

/// The finished runs of a comparison in a file beside its results, so that an interrupted one can go on: one
/// JSON line each, appended at once, after a line that names the experiment. A process that is killed leaves
/// all lines but the one that it was writing.
class Journal : public workbench::RunStore {
 public:
  /// Begins FOLDER/journal.jsonl for this experiment (its text as experiment_text() has it). With `resume`
  /// what is there is kept and known; throws an input Error if it is of another experiment or another version
  /// of thalweg. Without, a journal that has not been finished is put aside as journal.jsonl~.
  Journal(const std::string& folder, const std::string& experiment, bool resume);
  ~Journal() override;

  [[nodiscard]] std::optional<workbench::Run> find(const std::string& workload,
                                                   const workbench::RunRequest& request) override;
  void add(const std::string& workload, const workbench::RunRequest& request,
           const workbench::Run& run) override;

  /// Says that the results are written.
  void finish();

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::size_t size() const;                             ///< runs that are kept
  [[nodiscard]] std::size_t put_aside() const { return put_aside_; }  ///< runs of an earlier attempt

 private:
  using Key = std::tuple<std::string, std::string, std::uint64_t, std::size_t>;

  void append(const std::string& line);
  std::size_t read(const std::string& text, const std::string& header, bool check);

  std::string path_;
  mutable std::mutex mutex_;
  std::map<Key, workbench::Run> runs_;
  std::size_t added_ = 0, put_aside_ = 0;
  int file_ = -1;
};

}  // namespace thalweg::report
