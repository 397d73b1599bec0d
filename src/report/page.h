#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "messages/messages.h"

namespace thalweg::report {

// A page is one HTML file that loads nothing from anywhere. All share one shell: style.css, shell.js
// (elements, messages, themes, saving, tables) and plots.js (plots of lines), whose first lines say how to
// use them. A new page is a script template/NAME.js that ends with page((main) => ...), a subject in
// src/messages/*.json, and a call of html_page().

struct PageContent {
  messages::Language language = messages::Language::english;  ///< that the page is shown in at first
  std::string title;                                          ///< of the window
  std::string headline;               ///< stands there until the scripts have run, or where they cannot
  std::string data;                   ///< JSON, which the scripts find as `data`
  std::vector<std::string> subjects;  ///< of messages; "page" is there anyway
  std::vector<std::string> scripts;   ///< files of template/, run in this order after those of the shell
};

[[nodiscard]] std::string html_page(const PageContent& content);

/// The page that shows the results of a comparison. `results` is the text of results_json(). `surfaces` are
/// those of surface_json() that belong to it, one per workload, "" where there is none; it may be empty.
[[nodiscard]] std::string report_page(const std::string& results,
                                      messages::Language language = messages::Language::english,
                                      const std::vector<std::string>& surfaces = {});

/// The text with &, <, > and quotes escaped, for HTML.
[[nodiscard]] std::string html_escaped(std::string_view text);

/// JSON that can stand in a <script> element: without any "<" it cannot end it.
[[nodiscard]] std::string script_escaped(std::string_view json);

}  // namespace thalweg::report
