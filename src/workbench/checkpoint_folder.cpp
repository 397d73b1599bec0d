#include "workbench/checkpoint_folder.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <thalweg/error.h>

#include "data/files.h"

namespace thalweg::workbench {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view before_steps = "step-", after_steps = ".safetensors", temporary = ".tmp";

std::string name_of(std::uint64_t steps) {
  const std::string digits = std::to_string(steps);
  return std::string(before_steps) + std::string(12 - std::min<std::size_t>(12, digits.size()), '0') +
         digits + std::string(after_steps);
}

bool begins(std::string_view text, std::string_view with) { return text.substr(0, with.size()) == with; }

bool ends(std::string_view text, std::string_view with) {
  return text.size() >= with.size() && text.substr(text.size() - with.size()) == with;
}

/// The steps in a checkpoint's name, if it is one.
std::optional<std::uint64_t> steps_of(std::string_view name) {
  if (!begins(name, before_steps) || !ends(name, after_steps)) return std::nullopt;
  name.remove_prefix(before_steps.size());
  name.remove_suffix(after_steps.size());
  std::uint64_t steps = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), steps);
  if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return steps;
}

template <class Visit>
void each_name(const std::string& folder, const Visit& visit) {
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
    visit(entry->path());
}

Error cannot_be_written(const std::string& path, int error) {
  return input_error(path, "that it cannot be written (" + std::generic_category().message(error) + ")",
                     "a folder for checkpoints");
}

}  // namespace

CheckpointFolder::CheckpointFolder(std::string path, std::size_t keep) : path_(std::move(path)), keep_(keep) {
  std::error_code error;
  if (!fs::exists(path_, error) && !fs::create_directory(path_, error) && error)
    throw cannot_be_written(path_, error.value());
  lock_ = ::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (lock_ < 0) throw cannot_be_written(path_, errno);
  // Where a system cannot lock folders, nobody is kept out.
  if (::flock(lock_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    ::close(lock_);
    throw input_error(path_, "a folder that another training writes to", "one of its own for each");
  }
  std::vector<fs::path> left;
  each_name(path_, [&](const fs::path& file) {
    const std::string name = file.filename().string();
    if (begins(name, before_steps) && ends(name, temporary)) left.push_back(file);
  });
  for (const fs::path& file : left) fs::remove(file, error);
  try {
    data::check_writable(path_ + "/" + name_of(0) + ".new");
  } catch (...) {
    ::close(lock_);
    throw;
  }
}

CheckpointFolder::~CheckpointFolder() { ::close(lock_); }

std::string CheckpointFolder::write(std::uint64_t steps, const std::vector<Skipped>& broken,
                                    const std::function<void(const std::string&)>& save) const {
  const std::string path = path_ + "/" + name_of(steps);
  save(path);
  std::size_t kept = 0;
  for (const Entry& entry : list(path_)) {
    if (entry.steps > steps) continue;  // of a run that was resumed from before it
    const bool is_broken =
        entry.path != path && std::any_of(broken.begin(), broken.end(),
                                          [&](const Skipped& skipped) { return skipped.path == entry.path; });
    std::error_code ignored;
    if (kept == keep_)
      fs::remove(entry.path, ignored);
    else if (!is_broken)
      ++kept;
  }
  return path;
}

std::vector<CheckpointFolder::Entry> CheckpointFolder::list(const std::string& path) {
  std::vector<Entry> entries;
  each_name(path, [&](const fs::path& file) {
    const std::string name = file.filename().string();
    if (const auto steps = steps_of(name)) entries.push_back({*steps, path + "/" + name});
  });
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return a.steps != b.steps ? a.steps > b.steps : a.path < b.path;
  });
  return entries;
}

std::optional<Checkpoint> CheckpointFolder::newest(const std::string& path, std::vector<Skipped>& skipped) {
  for (const Entry& entry : list(path)) {
    try {
      return Checkpoint(entry.path);
    } catch (const Error& error) {
      skipped.push_back({entry.path, error.what()});
    }
  }
  return std::nullopt;
}

}  // namespace thalweg::workbench
