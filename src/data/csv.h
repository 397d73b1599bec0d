#pragma once

#include <string>

#include "data/known_columns.h"
#include "data/table.h"

namespace thalweg::data {

/// Reads a table of numbers separated by commas, semicolons or tabs (found out from the first line), plain or
/// gzip. Fields may be quoted (RFC 4180); lines end in LF or CRLF; blank lines are skipped.
///
/// `label` is the name of the label column or its number from 1; empty means the only column with text in the
/// second line if there is one, else the last column. All other columns are features and must be finite
/// numbers. The first line is a header if all its fields are text, or if it has text over a column of
/// numbers, or if it counts the features from 0 (as pandas does) over a label column of other names.
///
/// Errors name file, line and column: rows of different length, text, NaN or infinity in a feature, an
/// unknown label column, an unclosed quote, an empty file. Takes 16 times the size of the text at most.
[[nodiscard]] Table read_csv(const std::string& path, const std::string& label);

/// The same, for a model that is there; "-" is standard input.
[[nodiscard]] Table read_csv(const std::string& path, const KnownColumns& known);

}  // namespace thalweg::data
