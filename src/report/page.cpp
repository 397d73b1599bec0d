#include "report/page.h"

#include <algorithm>
#include <cassert>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "report/embedded.h"
#include "report/page_data.h"

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

/// The catalogs of all languages as one JSON object: language -> subject -> id -> text.
std::string messages_json(const std::vector<std::string>& subjects) {
  nlohmann::ordered_json all;
  for (const messages::Language language : messages::all_languages) {
    auto& one = all[messages::tag(language)];
    one["page"] = nlohmann::ordered_json::parse(messages::catalog(language, "page"));
    for (const std::string& subject : subjects)
      one[subject] = nlohmann::ordered_json::parse(messages::catalog(language, subject));
  }
  return all.dump();
}

std::string script_elements(const std::vector<std::string>& files) {
  std::string all;
  for (const std::string& file : files) {
    assert(!embedded(file).empty());
    all += "<script>";
    all += embedded(file);
    all += "</script>\n";
  }
  return all;
}

/// What stands in the place {{name}} of page.html.
std::string filling(std::string_view name, const PageContent& content) {
  const auto text = [&](const char* id) {
    return html_escaped(messages::text(content.language, std::string("page.") + id));
  };
  if (name == "language") return messages::tag(content.language);
  if (name == "title") return html_escaped(content.title);
  if (name == "headline") return html_escaped(content.headline);
  if (name == "skip") return text("skip");
  if (name == "noscript") return text("noscript");
  if (name == "data") return script_escaped(content.data);
  if (name == "messages") return script_escaped(messages_json(content.subjects));
  if (name == "scripts")
    return script_elements({"shell.js", "plots.js", "vector.js"}) + script_elements(content.scripts);
  assert(!embedded(name).empty());
  return std::string(embedded(name));
}

}  // namespace

std::string html_page(const PageContent& content) {
  std::string_view rest = embedded("page.html");
  std::string page;
  // One pass over the template: what is put in is never looked at again.
  for (auto open = rest.find("{{"); open != std::string_view::npos; open = rest.find("{{")) {
    const auto close = rest.find("}}", open);
    assert(close != std::string_view::npos);
    page += rest.substr(0, open);
    page += filling(rest.substr(open + 2, close - open - 2), content);
    rest.remove_prefix(close + 2);
  }
  return page += rest;
}

namespace {

std::string joined_surfaces(const std::vector<std::string>& surfaces) {
  std::string all;
  for (const std::string& surface : surfaces)
    all += (all.empty() ? "" : ",") + (surface.empty() ? "null" : surface);
  return all;
}

/// What was compared on, in a few words.
std::string subject_of(const nlohmann::ordered_json& results) {
  std::string title = results.value("title", "");
  if (!title.empty()) return title;
  if (results.contains("workloads")) return fmt::format("{} workloads", results["workloads"].size());
  const auto& model = results.at("settings").at("model");
  title = results.at("data").at("name").get<std::string>();
  return model.is_string() && !model.get<std::string>().empty() ? title + ", " + model.get<std::string>()
                                                                : title;
}

}  // namespace

std::string report_page(const std::string& results, messages::Language language,
                        const std::vector<std::string>& surfaces) {
  const auto json = nlohmann::ordered_json::parse(results);
  PageContent content;
  content.language = language;
  content.title = "thalweg compare: " + subject_of(json);
  content.headline = json.at("headline").get<std::string>();
  const std::string drawn = joined_surfaces(surfaces);
  content.data = page_data(json, page_budget - std::min(drawn.size(), page_budget / 2));
  content.subjects = {"report", "surface"};
  // The results are a JSON object: the surfaces become its last field.
  content.data.insert(content.data.rfind('}'), ",\"surfaces\":[" + drawn + "]");
  content.scripts = {"d3-array.min.js",  "d3-contour.min.js", "surface_map.js", "surface_relief.js",
                     "surface_view.js",  "intervals.js",      "words.js",       "comparison.js",
                     "rare_features.js", "suite.js",          "report.js"};
  return html_page(content);
}

}  // namespace thalweg::report
