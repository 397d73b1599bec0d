#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "data/split.h"

namespace thalweg::data {

struct LoadOptions {
  std::string label{};         ///< csv: name or number from 1; npy: number or file; empty: the last column
  std::string test{};          ///< file of the test set; empty: the data's own, or else a part is split off
  std::string test_label{};    ///< .npy file with the labels of `test`; empty: as `label`, if that is no file
  std::optional<Task> task{};  ///< empty: what the labels look like (see table.h)
  bool standardize = true;     ///< features, fitted on the training part only
  bool standardize_target = false;  ///< regression: targets too, also fitted on the training part
  double validation = 0.15;     ///< fraction of the rows (of the training file, where there is a test set)
  double test_fraction = 0.15;  ///< fraction of the rows; unused where there is a test set
  std::uint64_t seed = 0;       ///< of the split
};

/// How a file is written, by its name.
enum class Format { unknown, csv, libsvm, idx, npy };
[[nodiscard]] Format format_of(const std::string& path);

/// A data set as it lies in its files.
struct Loaded {
  Dataset data;
  std::optional<Dataset> test;
};

struct BundledInfo {
  std::string name;
  std::string about;  ///< one line: what is predicted from what
  Task task = Task::classification;
  std::size_t rows = 0, columns = 0, classes = 0;  ///< rows: of the test set too
};

/// The data sets that come with thalweg, the default ("digits") first.
[[nodiscard]] const std::vector<BundledInfo>& bundled();

/// What files may be called: ".csv, .tsv, ...", for help texts.
[[nodiscard]] const std::string& accepted_extensions();

/// Reads a bundled data set by name, or a file by its extension (see csv.h, libsvm.h, idx.h, npy.h), or a
/// folder with one data file or with one whose name has "train" (and one with "test" or "t10k"). Bundled data
/// lie under $THALWEG_DATA,
/// ../share/thalweg/data from the executable, or the source tree. Errors: see the readers; an unknown name
/// lists the bundled ones; a missing file names the nearest.
[[nodiscard]] Loaded load(const std::string& name_or_path, const LoadOptions& options = {});

/// The LIBSVM files behind a name, path or folder, for who streams them; `test` is "" where there is none. A
/// file may have any name but one that says it is of another kind. Errors: those of load() for what is not
/// there; a usage Error for another kind.
struct StreamFiles {
  std::string train, test;
};
[[nodiscard]] StreamFiles find_stream_files(const std::string& name_or_path);

/// The file with the rows that a model is applied to: of a bundled data set or a folder with a test set that
/// one, else the only one; a path is itself. Errors as load()'s.
[[nodiscard]] std::string file_to_apply_to(const std::string& name_or_path);

/// Loads, splits and scales.
[[nodiscard]] Split load_split(const std::string& name_or_path, const LoadOptions& options = {});

}  // namespace thalweg::data
