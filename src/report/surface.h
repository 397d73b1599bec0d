#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "messages/messages.h"
#include "workbench/surface.h"

namespace thalweg::report {

/// What the pictures draw upwards: the value itself, or log10 of (value - base + floor). The floor, a
/// thousandth of the whole height, or that under which a tenth of the grid lies if it is less, keeps the
/// picture from falling into ever deeper pits, as deep as the grid happens to meet the minimum. `low` and
/// `high` are what is seen on the grid.
struct Heights {
  bool logarithmic = false;
  double base = 0, floor = 0;
  double low = 0, high = 1;

  [[nodiscard]] double of(double value) const;
};

/// Logarithmic where the lower half of the grid would otherwise be one colour: if there is a minimum, or of a
/// model, and the upper tenth of the grid is forty times as far from it as the lower tenth.
[[nodiscard]] Heights heights(const workbench::Surface& surface);
[[nodiscard]] Heights heights(const workbench::Surface& surface, bool logarithmic);

/// The surface as one JSON object: {"schema_version", "kind": "surface", "command", "x", "y", "columns",
/// "rows", "values", "paths", ...}. `command` repeats it. Heights have 7 digits, paths 10.
[[nodiscard]] std::string surface_json(const workbench::Surface& surface, const std::string& command);

/// One self-contained page that shows what surface_json() wrote.
[[nodiscard]] std::string surface_page(const std::string& json, messages::Language language);

/// The contours with the paths as one static SVG picture, 720 x 560 and a legend, in the colours of paper.
[[nodiscard]] std::string surface_svg(const workbench::Surface& surface, messages::Language language);

/// The contours in braille with the paths, as lines of at most `width` columns (at least 40), without line
/// ends. A path is drawn in its colour, or without colour as a small letter (a is the first path); a capital
/// letter is its last point.
[[nodiscard]] std::vector<std::string> surface_lines(const workbench::Surface& surface, std::size_t width,
                                                     bool color);
/// The letter of a path in surface_lines(), in its colour.
[[nodiscard]] std::string path_letter(std::size_t path, bool color);

/// What the picture is of: "Rosenbrock's banana valley", "x^2 + 20*y^2", "digits, mlp:16".
/// One sentence that says what happened: "adam and rmsprop reached the minimum; sgd diverged."
[[nodiscard]] std::string surface_headline(const workbench::Surface& surface, messages::Language language);
/// "reached the minimum", "stuck at a saddle", ...
[[nodiscard]] std::string end_text(const workbench::SurfacePath& path, messages::Language language);

}  // namespace thalweg::report
