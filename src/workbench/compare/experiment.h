#pragma once

#include <string>
#include <string_view>

#include "workbench/compare/suite.h"

namespace thalweg::workbench {

/// Reads an experiment from a TOML file (docs/compare.md lists its keys). Data files are looked for in the
/// experiment's folder first. Throws an input Error that names file and line for text that is no TOML, for
/// unknown keys (with the nearest), and for values that are wrong by themselves.
[[nodiscard]] SuiteOptions read_experiment(const std::string& path);
/// The same from text; `path` is for errors and for data files.
[[nodiscard]] SuiteOptions parse_experiment(std::string_view text, const std::string& path);

/// The TOML that parse_experiment reads back as the same experiment, from any folder. Threads and instruction
/// set are left out: they change no result.
[[nodiscard]] std::string experiment_text(const SuiteOptions& options);

}  // namespace thalweg::workbench
