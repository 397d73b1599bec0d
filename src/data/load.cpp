#include "data/load.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string_view>

#include <thalweg/error.h>

#include "data/csv.h"
#include "data/files.h"
#include "data/idx.h"
#include "data/libsvm.h"
#include "data/npy.h"
#include "data/text.h"

namespace thalweg::data {
namespace {

namespace fs = std::filesystem;

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

bool contains(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

std::string without_gz(const std::string& name) {
  return ends_with(name, ".gz") ? name.substr(0, name.size() - 3) : name;
}

}  // namespace

Format format_of(const std::string& path) {
  const std::string name = without_gz(fs::path(path).filename().string());
  if (ends_with(name, ".csv") || ends_with(name, ".tsv")) return Format::csv;
  if (ends_with(name, ".svm") || ends_with(name, ".libsvm") || ends_with(name, ".svmlight"))
    return Format::libsvm;
  if (ends_with(name, "-ubyte") || ends_with(name, ".idx")) return Format::idx;
  return ends_with(name, ".npy") || ends_with(name, ".npz") ? Format::npy : Format::unknown;
}

namespace {

Table read_table(const std::string& path, const std::string& label) {
  std::error_code ignored;
  if (!fs::exists(path, ignored)) missing_file(path);
  const Format format = format_of(path);
  if (!label.empty() && (format == Format::libsvm || format == Format::idx)) {
    throw usage_error("label", label, "cannot be chosen: " + path + " has its labels in a fixed place");
  }
  switch (format) {
    case Format::csv:
      return read_csv(path, label);
    case Format::libsvm:
      return read_libsvm(path);
    case Format::idx:
      return read_idx(path);
    case Format::npy:
      return read_npy_table(path, label);
    case Format::unknown:
      break;
  }
  throw input_error(path, "an unknown kind of file (by its extension)", accepted_extensions());
}

/// The files behind a name.
struct Found {
  std::string name, train, test;
  std::optional<Task> task;
};

/// The one data file of a folder, or its training and test file.
Found look_into(const std::string& folder) {
  std::vector<std::string> train, test, other;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    const Format format = format_of(name);
    if (format == Format::unknown || (format == Format::idx && !contains(name, "images"))) continue;
    auto& part = contains(name, "train")                            ? train
                 : contains(name, "test") || contains(name, "t10k") ? test
                                                                    : other;
    part.push_back(entry->path().string());
  }
  if (error) {
    throw input_error(folder, "that it cannot be read (" + error.message() + ")", "a readable folder");
  }
  if (train.size() == 1 && test.size() <= 1 && other.empty()) {
    return {folder, train[0], test.empty() ? "" : test[0], std::nullopt};
  }
  if (train.empty() && test.empty() && other.size() == 1) return {folder, other[0], "", std::nullopt};
  const std::size_t count = train.size() + test.size() + other.size();
  throw input_error(folder, count == 0 ? "no data file" : std::to_string(count) + " data files",
                    "one, or one with \"train\" and one with \"test\" or \"t10k\" in its name (" +
                        accepted_extensions() + ")");
}

std::string bundled_folder(const std::string& name) {
  std::vector<fs::path> roots;
  if (const char* chosen = std::getenv("THALWEG_DATA"); chosen != nullptr && *chosen != '\0')
    roots.emplace_back(chosen);
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  if (!error) roots.push_back(program.parent_path().parent_path() / "share/thalweg/data");
  roots.emplace_back(THALWEG_SOURCE_DATA);
  std::string tried;
  for (const fs::path& root : roots) {
    if (fs::is_directory(root / name, error)) return (root / name).string();
    tried += (tried.empty() ? "" : ", ") + root.string();
  }
  throw input_error(name, "no folder of this name in " + tried,
                    "the data that come with thalweg: set THALWEG_DATA to their folder");
}

Found find_source(const std::string& name_or_path) {
  std::vector<std::string> names;
  for (const BundledInfo& info : bundled()) {
    names.push_back(info.name);
    if (info.name != name_or_path) continue;
    Found source = look_into(bundled_folder(info.name));
    source.name = info.name;
    source.task = info.task;
    return source;
  }
  std::error_code ignored;
  if (fs::is_directory(name_or_path, ignored)) return look_into(name_or_path);
  const bool is_path =
      name_or_path.find_first_of("/.") != name_or_path.npos || fs::exists(name_or_path, ignored);
  if (!is_path) throw unknown_name("data set", name_or_path, names);
  return {name_or_path, name_or_path, "", std::nullopt};
}

}  // namespace

const std::vector<BundledInfo>& bundled() {
  constexpr Task classes = Task::classification;
  static const std::vector<BundledInfo> all{
      {"digits", "handwritten digits 0 to 9 from 8 x 8 pixels", classes, 1797, 64, 10},
      {"iris", "three species of iris from the sizes of their flowers", classes, 150, 4, 3},
      {"wine", "three cultivars from the chemistry of their wines", classes, 178, 13, 3},
      {"breast_cancer", "benign or malignant from the cell nuclei of a breast mass", classes, 569, 30, 2},
      {"diabetes", "progress of diabetes after a year (regression)", Task::regression, 442, 10, 0},
      {"agaricus", "edible (0) or poisonous (1) mushrooms, sparse, with its own test set", classes, 8124, 126,
       2},
  };
  return all;
}

const std::string& accepted_extensions() {
  static const std::string text =
      ".csv, .tsv, .svm, .libsvm, .svmlight, .npy, .npz, -ubyte (IDX) or .idx, each plain or with .gz";
  return text;
}

std::string file_to_apply_to(const std::string& name_or_path) {
  const Found source = find_source(name_or_path);
  return source.test.empty() ? source.train : source.test;
}

Loaded load(const std::string& name_or_path, const LoadOptions& options) {
  const Found source = find_source(name_or_path);
  const bool label_is_file = ends_with(options.label, ".npy");
  Loaded loaded;
  loaded.data =
      make_dataset(read_table(source.train, options.label), options.task ? options.task : source.task);
  loaded.data.name = source.name;
  const std::string& test = options.test.empty() ? source.test : options.test;
  if (!test.empty()) {
    const std::string& label =
        !options.test_label.empty() || label_is_file ? options.test_label : options.label;
    loaded.test = make_test_dataset(read_table(test, label), loaded.data);
  }
  return loaded;
}

StreamFiles find_stream_files(const std::string& name_or_path) {
  const Found source = find_source(name_or_path);
  const Format format = format_of(source.train);
  if (format != Format::libsvm && format != Format::unknown)
    throw usage_error("data", source.train,
                      "cannot be streamed: only LIBSVM lines, LABEL INDEX:VALUE ..., can");
  return {source.train, source.test};
}

Split load_split(const std::string& name_or_path, const LoadOptions& options) {
  Loaded loaded = load(name_or_path, options);
  const Parts parts =
      split_rows(loaded.data, options.validation, loaded.test ? 0 : options.test_fraction, options.seed);
  Split split;
  split.train = select_rows(loaded.data, parts.train);
  split.validation = select_rows(loaded.data, parts.validation);
  split.test = loaded.test ? std::move(*loaded.test) : select_rows(loaded.data, parts.test);
  Dataset* const all[] = {&split.train, &split.validation, &split.test};
  if (options.standardize) {
    split.scaling = fit_scaling(split.train);
    for (Dataset* part : all) apply_scaling(*split.scaling, *part);
  }
  if (options.standardize_target && split.train.task == Task::regression) {
    split.target = fit_target(split.train);
    for (Dataset* part : all) apply_target(split.target, *part);
  }
  return split;
}

}  // namespace thalweg::data
