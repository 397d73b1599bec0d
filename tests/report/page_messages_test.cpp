// Every message that a page's script asks for exists, and every message of a page is asked for.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "messages/messages.h"

namespace thalweg::report::page_messages_test {
namespace {

std::string scripts() {
  std::string all;
  const std::filesystem::path folder = std::string(THALWEG_SOURCE) + "/src/report/template";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".js") continue;
    std::ifstream file(entry.path(), std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    all += std::regex_replace(text, std::regex("(^|\\n) *(//|/?\\*)[^\\n]*"),
                              "\n");  // without whole lines of comment
  }
  return all;
}

/// What stands in quotes and looks like a message of the shell or the report; "`report.${x}.y`" with ".+" for
/// what is computed.
std::set<std::string> asked_for() {
  std::set<std::string> all;
  const std::string text = scripts();
  const std::regex quoted("[\"`]((?:page|report)\\.(?:[\\w.]|\\$\\{[^`]*?\\})+)[\"`]");
  for (std::sregex_iterator i(text.begin(), text.end(), quoted), end; i != end; ++i) {
    std::string id = (*i)[1];
    id = std::regex_replace(id, std::regex("\\$\\{[^`]*?\\}+(?=\\.|$)|\\$\\{[^`]*\\}"), "@");
    id = std::regex_replace(id, std::regex("\\."), "\\.");
    all.insert(std::regex_replace(id, std::regex("@"), ".+"));
  }
  return all;
}

std::set<std::string> written() {
  std::set<std::string> all;
  for (const std::string subject : {"page", "report"}) {
    const auto messages = nlohmann::json::parse(messages::catalog(messages::Language::english, subject));
    for (const auto& [id, text] : messages.items()) all.insert(subject + "." + id);
  }
  return all;
}

TEST(PageMessages, ExistWhereAScriptAsksForThem) {
  const auto ids = written();
  ASSERT_GT(asked_for().size(), 100U);
  for (const std::string& pattern : asked_for()) {
    const std::regex wanted(pattern);
    EXPECT_TRUE(std::any_of(ids.begin(), ids.end(), [&](const auto& id) {
      return std::regex_match(id, wanted);
    })) << pattern;
  }
}

TEST(PageMessages, AreAllAskedFor) {
  std::string all =
      "page\\.(name|noscript)";  // the language switch takes it from its catalog; C++ puts it in
  for (const std::string& pattern : asked_for()) all += "|" + pattern;
  const std::regex any("(" + all + ")(\\.one)?");
  for (const std::string& id : written()) EXPECT_TRUE(std::regex_match(id, any)) << id;
}

}  // namespace
}  // namespace thalweg::report::page_messages_test
