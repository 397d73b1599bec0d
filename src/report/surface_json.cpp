#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <thalweg/error.h>

#include "report/page.h"
#include "report/results.h"
#include "report/surface.h"

namespace thalweg::report {
namespace {

using Json = nlohmann::ordered_json;  // what is not finite becomes null
using namespace workbench;

Json rounded(const std::vector<double>& numbers, int digits) {
  Json all = Json::array();
  for (const double number : numbers) {
    double value = number;
    (void)parse_number(fmt::format("{:.{}g}", number, digits), value);
    all.push_back(value);
  }
  return all;
}

Json path_json(const SurfacePath& path, messages::Language language) {
  Json json{{"label", path.label},
            {"spec", path.spec},
            {"tuned", path.tuned},
            {"steps", path.steps},
            {"shown", path.shown},
            {"end", end_name(path.end)},
            {"says", end_text(path, language)},
            {"why", path.why},
            {"distance", path.distance ? Json(*path.distance) : Json()},
            {"step", path.step},
            {"x", rounded(path.x, 10)},
            {"y", rounded(path.y, 10)},
            {"value", rounded(path.value, 10)}};
  if (!path.ahead_x.empty()) {
    json["ahead_x"] = rounded(path.ahead_x, 10);
    json["ahead_y"] = rounded(path.ahead_y, 10);
  }
  return json;
}

}  // namespace

std::string surface_json(const Surface& surface, const std::string& command) {
  const Heights drawn = heights(surface);
  Json json{{"schema_version", schema_version},
            {"kind", "surface"},
            {"version", THALWEG_VERSION},
            {"command", command},
            {"headline", surface_headline(surface, messages::Language::english)},
            {"name", surface.name},
            {"title", surface.title},
            {"formula", surface.formula},
            {"source", surface.source},
            {"note", surface.note},
            {"seed", surface.seed},
            {"x", {surface.x.low, surface.x.high}},
            {"y", {surface.y.low, surface.y.high}},
            {"columns", surface.columns},
            {"rows", surface.rows},
            {"logarithmic", drawn.logarithmic},
            {"base", drawn.base},
            {"floor", drawn.floor},
            {"minimum", surface.minimum ? Json(*surface.minimum) : Json()},
            {"optima_known", surface.optima_known},
            {"optima", Json::array()},
            {"slice", nullptr}};
  for (const SurfacePoint& optimum : surface.optima)
    json["optima"].push_back({{"x", optimum.x}, {"y", optimum.y}, {"value", optimum.value}});
  if (surface.slice) {
    const SliceInfo& slice = *surface.slice;
    json["slice"] = {{"data", slice.data},       {"model", slice.model},     {"parameters", slice.parameters},
                     {"rows", slice.rows},       {"epochs", slice.epochs},   {"batch", slice.batch},
                     {"share_x", slice.share_x}, {"share_y", slice.share_y}, {"origin", slice.origin}};
  }
  json["paths"] = Json::array();
  for (const SurfacePath& path : surface.paths)
    json["paths"].push_back(path_json(path, messages::Language::english));
  json["values"] = rounded(surface.values, 7);
  // Files may have names in any encoding: what is no UTF-8 is replaced.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string surface_page(const std::string& json, messages::Language language) {
  const auto read = Json::parse(json);
  PageContent content;
  content.language = language;
  content.title = "thalweg surface: " + read.at("title").get<std::string>();
  content.headline = read.at("headline").get<std::string>();
  content.data = json;
  content.subjects = {"surface"};
  content.scripts = {"d3-array.min.js",   "d3-contour.min.js", "surface_map.js",
                     "surface_relief.js", "surface_view.js",   "surface.js"};
  return html_page(content);
}

}  // namespace thalweg::report
