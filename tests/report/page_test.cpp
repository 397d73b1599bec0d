#include "report/page.h"

#include <fstream>
#include <regex>
#include <sstream>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "report/embedded.h"
#include "samples.h"

namespace thalweg::report::page_test {
namespace {

using Json = nlohmann::json;

/// A failure that prints the whole page would help nobody.
bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

std::string page_of(const workbench::Comparison& comparison) {
  return report_page(results_json(comparison, environment()));
}

workbench::Comparison plain() {
  return comparison({participant("adam", {0.9, 0.91, 0.92}), participant("sgd", {0.8, diverged, 0.9})});
}

/// The text of the element that holds the results.
std::string embedded_results(const std::string& page) {
  const std::string open = "<script type=\"application/json\" id=\"data\">";
  const auto begin = page.find(open) + open.size();
  return page.substr(begin, page.find("</script", begin) - begin);
}

TEST(Page, HoldsTheSameResultsAsTheFile) {
  Json results = Json::parse(results_json(plain(), environment()));
  results["surfaces"] = Json::array();
  EXPECT_EQ(Json::parse(embedded_results(page_of(plain()))), results);
}

TEST(Page, HoldsTheSurfacesInTheOrderOfTheWorkloads) {
  const std::string surface = R"({"title": "</script>", "paths": []})";
  const std::string page =
      report_page(results_json(plain(), environment()), messages::Language::english, {surface, ""});
  const Json held = Json::parse(embedded_results(page)).at("surfaces");
  EXPECT_EQ(held, Json::array({Json::parse(surface), nullptr}));
}

TEST(Page, LoadsNothing) {
  const std::string page = page_of(plain());
  // Whatever fetches: elements, styles, scripts. The addresses in the page are in comments of libraries, and
  // a name space.
  for (const char* fetching : {"<img", "<iframe", "<object", "<embed", "@import", "fetch(", "XMLHttpRequest",
                               "WebSocket", "EventSource", "sendBeacon", "import(", "new Worker"})
    EXPECT_FALSE(has(page, fetching)) << fetching;
  for (const char* source : {"(?:src|href|action|data)\\s*=\\s*[\"'](?!data:|#)", "url\\((?!#)"})
    EXPECT_FALSE(std::regex_search(page, std::regex(source))) << source;
  std::string addresses = page;
  const std::vector<std::string> known{"https://github.com/leeoniya/uPlot", "http://www.w3.org/2000/svg",
                                       "https://d3js.org/d3-array/", "https://d3js.org/d3-contour/"};
  for (const std::string& text : known) {
    std::size_t at = addresses.find(text);
    ASSERT_NE(at, std::string::npos) << text;
    for (; at != std::string::npos; at = addresses.find(text)) addresses.erase(at, text.size());
  }
  EXPECT_FALSE(std::regex_search(addresses, std::regex("https?://")));
  EXPECT_TRUE(has(page, "default-src 'none'")) << "default-src 'none'";
}

TEST(Page, EscapesWhatComesFromOutside) {
  auto evil = plain();
  evil.options.data = "</script><script>alert(1)</script><!-- {{data}} \"&'";
  evil.participants[0].label = "<b onclick=x>";
  const std::string page = page_of(evil), calm = page_of(plain());
  EXPECT_FALSE(has(page, "<script>alert")) << "<script>alert";
  EXPECT_FALSE(has(page, "<b onclick")) << "<b onclick";
  EXPECT_TRUE(has(page, "&lt;/script&gt;&lt;script&gt;alert(1)")) << "&lt;/script&gt;&lt;script&gt;alert(1)";
  const auto scripts = [](const std::string& text) {
    const std::regex tag("<(/?script|!--)");
    return std::distance(std::sregex_iterator(text.begin(), text.end(), tag), std::sregex_iterator());
  };
  EXPECT_EQ(scripts(page), scripts(calm));
  EXPECT_EQ(Json::parse(embedded_results(page)).at("data").at("name"), evil.options.data);
  EXPECT_EQ(Json::parse(embedded_results(page)).at("ranking").at(0).at("optimizer"), "<b onclick=x>");
}

TEST(Page, ScriptsNeverReadDataAsHtml) {
  for (const char* file : {"shell.js", "plots.js", "vector.js", "intervals.js", "words.js", "comparison.js",
                           "suite.js", "report.js"}) {
    for (const char* danger : {"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("})
      EXPECT_FALSE(has(embedded(file), danger)) << file << " " << danger;
  }
}

TEST(Page, EveryPlaceOfTheTemplateIsFilled) {
  const std::string page = page_of(plain());
  EXPECT_TRUE(has(page, "<title>thalweg compare: digits, mlp:64</title>"))
      << "<title>thalweg compare: digits, mlp:64</title>";
  EXPECT_TRUE(has(page, "<h1>adam is the only one with a score on digits (mlp:64)"))
      << "<h1>adam is the only one with a score on digits (mlp:64)";
  for (const char* place :
       {"{{language}}", "{{title}}", "{{headline}}", "{{skip}}", "{{noscript}}", "{{data}}", "{{messages}}",
        "{{scripts}}", "{{style.css}}", "{{uPlot.iife.min.js}}", "{{uPlot.min.css}}"}) {
    EXPECT_FALSE(has(page, place)) << place;
    EXPECT_TRUE(has(embedded("page.html"), place)) << place;
  }
}

TEST(Page, IsSmallForTheDefaultComparison) {
  std::vector<workbench::Participant> many;
  for (int i = 0; i < 14; ++i) {
    auto one = participant("optimizer" + std::to_string(i), std::vector<double>(10, 1.0 / 3));
    for (auto& run : one.runs) run.curve.assign(30, {1, 1.0 / 3, {2.0 / 3, 0.1234567890123456}});
    one.trials.assign(12, one.trials[0]);
    many.push_back(one);
  }
  EXPECT_LT(page_of(comparison(many)).size(), 1'000'000U);
}

TEST(Page, EmbedsTheFilesAsTheyAre) {
  for (const char* name : {"src/report/template/page.html", "src/report/template/style.css",
                           "src/report/template/shell.js", "third_party/uplot/uPlot.iife.min.js"}) {
    std::ifstream file(std::string(THALWEG_SOURCE) + "/" + name, std::ios::binary);
    std::stringstream bytes;
    bytes << file.rdbuf();
    const std::string path = name;
    EXPECT_TRUE(embedded(path.substr(path.rfind('/') + 1)) == bytes.str()) << name;
  }
  EXPECT_EQ(embedded("page"), "");
}

TEST(Escapes, AreThoseOfHtml) {
  EXPECT_EQ(html_escaped("a<b>&\"c'"), "a&lt;b&gt;&amp;&quot;c&#39;");
  EXPECT_EQ(script_escaped("{\"a\":\"</script>\"}"), "{\"a\":\"\\u003c/script>\"}");
}

}  // namespace
}  // namespace thalweg::report::page_test
