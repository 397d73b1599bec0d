#include "report/surface.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <regex>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "report/embedded.h"
#include "report/surface_contours.h"
#include "workbench/surface_run.h"

namespace thalweg::report::surface_test {
namespace {

using messages::Language;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using workbench::PathEnd;
using workbench::Surface;
using workbench::SurfacePath;
using Json = nlohmann::json;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

SurfacePath path(const std::string& label, PathEnd end) {
  SurfacePath made;
  made.label = label;
  made.spec = label + ":lr=0.1";
  made.step = {0, 1, 2};
  made.x = {-1, -0.5, 0.1};
  made.y = {1, 0.5, 0};
  made.value = {2, 0.5, 0.01};
  made.steps = 2;
  made.shown = 3;
  made.end = end;
  made.distance = 0.1;
  return made;
}

/// x² + y² over [-2, 2]² on 41 x 41 points.
Surface bowl(std::vector<SurfacePath> paths = {path("adam", PathEnd::reached)}) {
  Surface made;
  made.name = "formula";
  made.title = made.formula = "x^2 + y^2";
  made.x = made.y = {-2, 2};
  made.columns = made.rows = 41;
  for (int j = 0; j < 41; ++j) {
    for (int i = 0; i < 41; ++i) {
      const double x = (i - 20) / 10.0, y = (j - 20) / 10.0;
      made.values.push_back(x * x + y * y);
    }
  }
  made.minimum = 0;
  made.optima = {{0, 0, 0}};
  made.paths = std::move(paths);
  return made;
}

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

TEST(Heights, AreLinearOrLogarithmicAboveAFloor) {
  const Heights linear = heights(bowl(), false), log = heights(bowl(), true);
  EXPECT_EQ(linear.of(3), 3);
  EXPECT_EQ(linear.low, 0);
  EXPECT_EQ(linear.high, 8);
  EXPECT_EQ(log.floor, 0.008);  // a thousandth of 8
  EXPECT_NEAR(log.of(0), std::log10(0.008), 1e-15);
  EXPECT_NEAR(log.of(1), std::log10(1.008), 1e-15);
  EXPECT_FALSE(heights(bowl()).logarithmic);
  Surface steep = bowl();
  for (double& value : steep.values) value = value * value * value;
  EXPECT_TRUE(heights(steep).logarithmic);
  std::vector<double> sorted = steep.values;
  std::sort(sorted.begin(), sorted.end());
  EXPECT_EQ(heights(steep).floor, sorted[sorted.size() / 10]);  // less than a thousandth of 512
  steep.minimum.reset();
  EXPECT_FALSE(heights(steep).logarithmic);  // from where, nobody knows
}

TEST(Heights, AreSomethingForAFlatAndForAnUnknownSurface) {
  Surface flat = bowl();
  std::fill(flat.values.begin(), flat.values.end(), 7.0);
  for (const bool log : {false, true}) EXPECT_GT(heights(flat, log).high, heights(flat, log).low);
  std::fill(flat.values.begin(), flat.values.end(), nan);
  EXPECT_GT(heights(flat).high, heights(flat).low);
}

/// The points of path data: "M10 20l5-3z" and "H..V..".
std::vector<std::pair<double, double>> points(const std::string& data) {
  std::vector<std::pair<double, double>> all;
  const std::regex part("([MlHV])(-?\\d+) ?(-?\\d+)?");
  double x = 0, y = 0;
  for (std::sregex_iterator at(data.begin(), data.end(), part), end; at != end; ++at) {
    const char kind = (*at)[1].str()[0];
    const double first = std::stod((*at)[2]), second = (*at)[3].matched ? std::stod((*at)[3]) : 0;
    if (kind == 'M') x = first, y = second;
    if (kind == 'l') x += first, y += second;
    if (kind == 'H') x = first;
    if (kind == 'V') y = first;
    all.emplace_back(x, y);
  }
  return all;
}

TEST(Contour, OfABowlIsACircle) {
  const Surface surface = bowl();
  const ContourGrid grid{&surface.values, 41, 41, 0, 4000, 4000, 4000};
  const Contour level = contour(grid, 1);
  const auto line = points(level.line);
  ASSERT_GT(line.size(), 40U);
  for (const auto& [x, y] : line) EXPECT_NEAR(std::hypot(x - 2000, y - 2000), 1000, 5) << x << " " << y;
  for (const auto& [x, y] : points(level.area))
    EXPECT_GE(std::hypot(x - 2000, y - 2000), 995) << x << " " << y;
  // The area's rectangles and polygons leave out a disk: their sizes add up to the rest.
  EXPECT_EQ(contour(grid, 9).area, "");
  EXPECT_EQ(contour(grid, 9).line, "");
}

TEST(Contour, OfAPlaneIsAStraightLineAndRowZeroIsBelow) {
  const std::vector<double> heights{0, 1, 2, 0, 1, 2, 0, 1, 2};
  const Contour level = contour({&heights, 3, 3, 0, 100, 100, 100}, 0.5);
  for (const auto& [x, y] : points(level.line)) EXPECT_EQ(x, 25);
  const std::vector<double> tilted{0, 0, 2, 2};
  for (const auto& [x, y] : points(contour({&tilted, 2, 2, 0, 100, 100, 100}, 0.5).line)) EXPECT_EQ(y, 75);
}

TEST(Contour, LeavesOutWhatHasNoHeight) {
  const std::vector<double> heights{0, 1, 2, 0, nan, 2, 0, 1, 2};
  EXPECT_EQ(contour({&heights, 3, 3, 0, 100, 100, 100}, -1).area, "");
}

TEST(SurfaceJson, HoldsEverythingAndRoundsWhatIsDrawn) {
  Surface surface = bowl();
  surface.values[0] = nan;
  surface.values[1] = 1.0 / 3;
  surface.paths[0].x[1] = 1.0 / 3;
  const Json json = Json::parse(surface_json(surface, "thalweg surface 'a b'"));
  EXPECT_EQ(json.at("kind"), "surface");
  EXPECT_EQ(json.at("command"), "thalweg surface 'a b'");
  EXPECT_TRUE(json.at("values").at(0).is_null());
  EXPECT_EQ(json.at("values").at(1), 0.3333333);
  EXPECT_EQ(json.at("paths").at(0).at("x").at(1), 0.3333333333);
  EXPECT_EQ(json.at("paths").at(0).at("end"), "reached");
  EXPECT_EQ(json.at("x"), Json({-2, 2}));
  EXPECT_TRUE(json.at("slice").is_null());
  EXPECT_FALSE(json.at("paths").at(0).contains("ahead_x"));
}

TEST(SurfaceWords, SayWhatHappenedInEachLanguage) {
  const Surface surface = bowl(
      {path("adam", PathEnd::reached), path("sgd", PathEnd::diverged), path("momentum", PathEnd::reached)});
  EXPECT_EQ(surface_headline(surface, Language::english),
            "x^2 + y^2: adam and momentum reached the minimum; sgd diverged.");
  EXPECT_EQ(surface_headline(surface, Language::traditional_chinese),
            "x^2 + y^2：adam 和 momentum 到達最小值；sgd 發散。");
  for (const PathEnd end : {PathEnd::reached, PathEnd::local_minimum, PathEnd::saddle, PathEnd::flat,
                            PathEnd::under_way, PathEnd::left, PathEnd::finished, PathEnd::diverged}) {
    for (const Language language : messages::all_languages) {
      EXPECT_NE(end_text(path("a", end), language), "");
      EXPECT_THAT(surface_headline(bowl({path("a", end), path("b", end)}), language),
                  AllOf(HasSubstr("a"), HasSubstr("b")));
    }
  }
  std::vector<SurfacePath> many;
  for (int i = 0; i < 20; ++i) many.push_back(path("p" + std::to_string(i), PathEnd::flat));
  EXPECT_THAT(surface_headline(bowl(many), Language::english), HasSubstr("p0, p1 and 18 others are stuck"));
}

TEST(SurfaceLines, ShowContoursPathsAndTheMinimum) {
  const auto lines =
      surface_lines(bowl({path("adam", PathEnd::reached), path("sgd", PathEnd::reached)}), 60, false);
  std::string all;
  for (const std::string& line : lines) all += line + "\n";
  EXPECT_THAT(all,
              AllOf(HasSubstr("a"), HasSubstr("A"), HasSubstr("│"), HasSubstr("└"), Not(HasSubstr("\x1b"))));
  EXPECT_THAT(lines.front(), HasSubstr("2 │"));
  EXPECT_THAT(lines[lines.size() - 3], HasSubstr("-2 │"));
  Surface empty = bowl({});
  std::string picture;
  for (const std::string& line : surface_lines(empty, 60, false)) picture += line;
  EXPECT_THAT(picture, AllOf(HasSubstr("*"), Not(HasSubstr("a"))));
  std::string coloured;
  for (const std::string& line : surface_lines(bowl(), 60, true)) coloured += line;
  EXPECT_THAT(coloured, HasSubstr("\x1b[1;94mA\x1b[0m"));
}

TEST(SurfaceLines, StayOnThePictureWhateverThePath) {
  Surface wild = bowl();
  wild.paths[0].x = {-1, 1e300, nan};
  wild.paths[0].y = {1, -1e300, 0};
  for (const std::size_t width : {1U, 40U, 80U, 500U})
    EXPECT_THAT(surface_lines(wild, width, false), Not(SizeIs(0)));
  std::fill(wild.values.begin(), wild.values.end(), nan);
  EXPECT_THAT(surface_lines(wild, 60, false), Not(SizeIs(0)));
}

TEST(SurfaceSvg, IsAWholePicture) {
  Surface surface = bowl({path("adam", PathEnd::reached), path("<b>&", PathEnd::diverged)});
  surface.paths[1].x.back() = 5;
  surface.paths[0].ahead_x = {-0.9, -0.4, nan};
  surface.paths[0].ahead_y = {0.9, 0.4, nan};
  const std::string svg = surface_svg(surface, Language::english);
  EXPECT_THAT(svg, AllOf(HasSubstr("<svg xmlns"), HasSubstr("</svg>"), HasSubstr("adam:lr=0.1"),
                         HasSubstr("reached the minimum"), HasSubstr("&lt;b&gt;&amp;:lr=0.1"),
                         Not(HasSubstr("<b>")), Not(HasSubstr("nan")), Not(HasSubstr("inf"))));
  EXPECT_THAT(svg, HasSubstr("l10 10m0 -10l-10 10"));  // where the second one left
  const auto count = [&](const std::string& part) {
    std::size_t found = 0;
    for (auto at = svg.find(part); at != std::string::npos; at = svg.find(part, at + 1)) ++found;
    return found;
  };
  EXPECT_EQ(count("r=\"3.2\""), 2U);               // the two places where gradients were taken
  EXPECT_EQ(count("stroke-opacity=\".3\""), 13U);  // lines between 14 levels
  EXPECT_LT(svg.size(), 200'000U);
}

TEST(SurfacePage, HoldsTheDataAndLetsNothingOut) {
  Surface evil = bowl();
  evil.title = "</script><script>alert(1)</script>";
  evil.paths[0].label = "<img src=x onerror=alert(2)>";
  const std::string json = surface_json(evil, "thalweg surface --function '</script>'");
  const std::string page = surface_page(json, Language::traditional_chinese);
  EXPECT_FALSE(has(page, "<script>alert")) << "<script>alert";
  EXPECT_FALSE(has(page, "<img")) << "<img";
  EXPECT_TRUE(has(page, "<html lang=\"zh-Hant\"")) << "language";
  const std::string open = "<script type=\"application/json\" id=\"data\">";
  const auto begin = page.find(open) + open.size();
  EXPECT_EQ(Json::parse(page.substr(begin, page.find("</script", begin) - begin)), Json::parse(json));
  for (const char* file :
       {"d3-array.min.js", "d3-contour.min.js", "surface_map.js", "surface_relief.js", "surface.js"})
    EXPECT_TRUE(has(page, embedded(file).substr(0, 400))) << file;
  EXPECT_LT(page.size(), 400'000U);
}

TEST(SurfacePage, LoadsNothingAndReadsNoDataAsHtml) {
  for (const char* file :
       {"surface_map.js", "surface_relief.js", "surface.js", "d3-array.min.js", "d3-contour.min.js"}) {
    for (const char* danger : {"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(",
                               "fetch(", "XMLHttpRequest", "import(", "url(\""})
      EXPECT_FALSE(has(embedded(file), danger)) << file << " " << danger;
  }
}

TEST(SurfacePage, EveryMessageItAsksForIsThere) {
  const Json catalog = Json::parse(messages::catalog(Language::english, "surface"));
  const std::regex asked("t\\(\"surface\\.([a-z_.]+)\"");
  for (const char* file : {"surface_map.js", "surface_relief.js", "surface.js"}) {
    const std::string text(embedded(file));
    for (std::sregex_iterator at(text.begin(), text.end(), asked), end; at != end; ++at)
      EXPECT_TRUE(catalog.contains((*at)[1].str())) << file << " " << (*at)[1];
  }
}

}  // namespace
}  // namespace thalweg::report::surface_test
