#pragma once

// LIBSVM text for the tests of learning from streams.

#include <string>

#include <thalweg/random.h>

namespace thalweg::workbench {

/// Rows of a few of many features, some of them frequent, later ones wider; `classes` 0: values to predict.
inline std::string stream_text(std::size_t rows, std::size_t columns, std::size_t classes,
                               std::uint64_t seed = 1) {
  std::string text;
  for (std::size_t i = 0; i < rows; ++i) {
    const double target = uniform(seed, i, columns);
    text += classes == 0 ? std::to_string(target)
                         : std::to_string(static_cast<int>(target * static_cast<double>(classes)));
    for (std::size_t c = 1; c <= columns * (rows / 2 + i) / (2 * rows) + 1; ++c) {
      if (uniform(seed + 1, i, c) < (c % 50 == 1 ? 0.4 : 0.01))
        text += " " + std::to_string(c) + ":" + std::to_string(normal(seed + 2, i, c));
    }
    text += "\n";
  }
  return text;
}

}  // namespace thalweg::workbench
