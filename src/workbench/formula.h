#pragma once

#include <cstddef>
#include <string>

#include <thalweg/problems.h>

namespace thalweg::workbench {

/// A problem from a formula as a person types it: "x^2 + 20*y^2".
///
/// Variables are x, y, z, or x1 to x9 for the same coordinates; constants pi and e; operators + - * / ^ (or
/// **), comparisons, && || and c ? a : b; functions as formula_functions() names them. `dimension` 0 is the
/// highest coordinate that the formula uses, at least 1; otherwise a higher one is unknown. It starts at 1 in
/// every coordinate, its view is [-5, 5], and nothing is known of its minimum.
///
/// The gradient is by central differences, extrapolated in the square of the step (Ridders 1982): 28 values
/// per coordinate. Where the function is smooth, its error is below 1e-9 of the gradient's or the value's
/// size, whichever is larger; at a kink it is the mean of both sides.
///
/// Throws a usage Error that names the column (in characters, from 1), what was found there and what is
/// known, with the nearest name; `option` is what the error calls the formula. Evaluating one problem from
/// two threads at once is not allowed.
[[nodiscard]] Problem make_formula(const std::string& text, std::size_t dimension = 0,
                                   const std::string& option = "--function");

/// "abs, acos, ...": for help texts.
[[nodiscard]] const std::string& formula_functions();

}  // namespace thalweg::workbench
