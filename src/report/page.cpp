#include "report/page.h"

#include <cassert>

#include <nlohmann/json.hpp>

#include "report/embedded.h"

namespace thalweg::report {

std::string html_escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string script_escaped(std::string_view json) {
  std::string escaped;
  escaped.reserve(json.size());
  for (const char c : json) {
    if (c == '<')
      escaped += "\\u003c";
    else
      escaped += c;
  }
  return escaped;
}

namespace {

/// Numbers stay on one line with their unit.
std::string kept_together(std::string text) {
  for (const char* pair : {" %", " ±", "± "}) {
    const std::string found = pair;
    const auto space = found.find(' ');
    for (auto at = text.find(found); at != std::string::npos; at = text.find(found, at + 1))
      text.replace(at + space, 1, "\u00a0");
  }
  return text;
}

}  // namespace

std::string report_page(const std::string& results) {
  const auto json = nlohmann::ordered_json::parse(results);
  std::string_view rest = embedded("page.html");
  std::string page;
  // One pass over the template: what is put in is never looked at again.
  for (auto open = rest.find("{{"); open != std::string_view::npos; open = rest.find("{{")) {
    const auto close = rest.find("}}", open);
    assert(close != std::string_view::npos);
    const std::string_view name = rest.substr(open + 2, close - open - 2);
    page += rest.substr(0, open);
    if (name == "title") {
      page += html_escaped("thalweg compare: " + json.at("data").at("name").get<std::string>() + ", " +
                           json.at("settings").at("model").get<std::string>());
    } else if (name == "headline") {
      page += html_escaped(kept_together(json.at("headline").get<std::string>()));
    } else if (name == "results") {
      page += script_escaped(json.dump());  // on one line, which is shorter
    } else {
      assert(!embedded(name).empty());
      page += embedded(name);
    }
    rest.remove_prefix(close + 2);
  }
  return page += rest;
}

}  // namespace thalweg::report
