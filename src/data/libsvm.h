#pragma once

#include <string>

#include "data/table.h"

namespace thalweg::data {

/// Reads LIBSVM (SVMlight) lines `LABEL INDEX:VALUE ...`, plain or gzip, into a sparse matrix. Indices count
/// from 1 and increase within a line; `#` starts a comment; explicit zeros count for the width and are not
/// stored. Errors name file and line: bad, zero, repeated, unordered or huge (over 2^31) indices, values that
/// are no finite numbers, `qid:` (queries of ranking data, which no model here can use), an empty file.
///
/// Takes 8 bytes for each nonzero and 48 for each row, and while it grows up to three times that: at most 80
/// times the size of the text, where lines have a label only.
[[nodiscard]] Table read_libsvm(const std::string& path);

}  // namespace thalweg::data
