#pragma once

#include <string>
#include <string_view>

namespace thalweg::report {

/// One self-contained HTML page, which loads nothing from anywhere, that shows the results of a comparison.
/// `results` is the text of results_json().
[[nodiscard]] std::string report_page(const std::string& results);

/// The text with &, <, > and quotes escaped, for HTML.
[[nodiscard]] std::string html_escaped(std::string_view text);

/// JSON that can stand in a <script> element: without any "<" it cannot end it.
[[nodiscard]] std::string script_escaped(std::string_view json);

}  // namespace thalweg::report
