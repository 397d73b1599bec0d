// explain in the other languages: everything that is told has a translation, and no translation is left over.

#include <fstream>
#include <set>

#include "program.h"

namespace thalweg::test::explain_language_test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct Named {
  std::string kind, name;
};

std::vector<Named> all_names() {
  std::vector<Named> all;
  const auto json = json_of(thalweg({"list", "--json"}));
  for (const auto& [group, entries] : json.items()) {
    const std::string kind = group == "data" ? group : group.substr(0, group.size() - 1);
    for (const auto& entry : entries) all.push_back({kind, entry.at("name")});
  }
  return all;
}

/// Whether there is a Han character in it: U+4E00 to U+9FFF.
bool is_chinese(const std::string& text) {
  for (std::size_t i = 0; i + 2 < text.size(); ++i) {
    const auto first = static_cast<unsigned char>(text[i]);
    if (first >= 0xE4 && first <= 0xE9) return true;
  }
  return false;
}

/// All that an explanation tells in sentences, with where it stands.
std::vector<std::pair<std::string, std::string>> sentences(const nlohmann::json& json) {
  std::vector<std::pair<std::string, std::string>> all{{"idea", json.at("idea")}};
  for (const auto& key : json.at("keys")) {
    all.emplace_back("key " + key.at("name").get<std::string>(), key.at("meaning"));
    all.emplace_back("accepted", key.at("accepted"));
  }
  for (const auto& slot : json.at("slots")) all.emplace_back("slot", slot.at("meaning"));
  for (const auto& number : json.at("carried")) all.emplace_back("carried", number.at("meaning"));
  for (const auto& [name, text] : json.at("facts").items()) all.emplace_back("fact " + name, name);
  if (json.contains("worked")) all.emplace_back("worked", json.at("worked").at("title"));
  return all;
}

class InChinese : public testing::TestWithParam<const char*> {};

TEST_P(InChinese, EverythingIsTold) {
  for (const Named& one : all_names()) {
    const Output output = thalweg({"explain", one.name, "--kind", one.kind, "--lang", GetParam(), "--json"});
    ASSERT_EQ(output.code, 0) << one.name << output.err;
    for (const auto& [where, text] : sentences(json_of(output)))
      EXPECT_TRUE(text.empty() || is_chinese(text))
          << one.kind << " " << one.name << ", " << where << ": " << text;
  }
}

TEST_P(InChinese, TheFrameIsToo) {
  const Output output = thalweg({"explain", "adam:eps_placement=hat", "--lang", GetParam()});
  ASSERT_EQ(output.code, 0) << output.err;
  for (const char* english :
       {"Formula", "Keys", "State", "default", "meaning", "here", "Use it", "the defaults"})
    EXPECT_THAT(output.out, Not(HasSubstr(english)));
  EXPECT_THAT(output.out, HasSubstr("m̂ = m / (1 − β₁ᵗ)"));
  EXPECT_THAT(output.out, HasSubstr("eps=1e-7,eps_placement=hat"));
}

INSTANTIATE_TEST_SUITE_P(Explain, InChinese, testing::Values("zh-Hant", "zh-Hans"), [](const auto& one) {
  return std::string(one.param) == "zh-Hant" ? "Traditional" : "Simplified";
});

/// A translation whose English text is said nowhere any more is a mistake of whoever changed that text.
TEST(Explain, HasNoTranslationLeftOver) {
  std::set<std::string> told;
  for (const Named& one : all_names()) {
    const auto json = json_of(thalweg({"explain", one.name, "--kind", one.kind, "--lang", "en", "--json"}));
    told.insert(json.at("title"));
    for (const auto& [where, text] : sentences(json)) told.insert(text);
    for (const auto& [name, text] : json.at("facts").items()) told.insert(text.get<std::string>());
    if (json.contains("worked"))
      for (const auto& [name, values] : json.at("worked").at("rows").items()) told.insert(name);
  }
  // What stands in the code around them.
  std::string code;
  for (const char* file :
       {"explanation_text", "explanation_language", "explain_rules", "explain_schedules", "explanation"})
    for (const char* ending : {".cpp", ".h"})
      code += file_text(std::string(THALWEG_SOURCE) + "/src/cli/" + file + ending);
  const auto chinese =
      nlohmann::json::parse(file_text(std::string(THALWEG_SOURCE) + "/src/messages/zh-Hant.json"));
  for (const auto& [english, text] : chinese.at("explain").items()) {
    std::string in_code;  // as a string literal has it
    for (const char c : english) in_code += c == '"' ? "\\\"" : std::string(1, c);
    EXPECT_TRUE(told.count(english) > 0 || code.find("\"" + in_code) != std::string::npos) << english;
  }
}

TEST(Explain, SpeaksTheLanguageOfTheEnvironment) {
  const Words adam{"explain", "adam"};
  EXPECT_THAT(thalweg(adam, {{"LC_ALL", ""}, {"LC_MESSAGES", ""}, {"LANG", "zh_TW.UTF-8"}}).out,
              HasSubstr("動量除以"));
  EXPECT_THAT(thalweg(adam, {{"LC_ALL", ""}, {"LC_MESSAGES", "zh_CN.UTF-8"}, {"LANG", "C"}}).out,
              HasSubstr("动量除以"));
  EXPECT_THAT(thalweg(adam, {{"LC_ALL", "de_DE.UTF-8"}, {"LANG", "zh_TW"}}).out,
              HasSubstr("Momentum divided"));
  EXPECT_THAT(thalweg({"explain", "adam", "--lang", "en"}, {{"LC_ALL", "zh_TW"}}).out,
              HasSubstr("Momentum divided"));
}

TEST(Explain, RefusesALanguageThatItDoesNotSpeak) {
  const Output output = thalweg({"explain", "adam", "--lang", "fr"});
  EXPECT_EQ(output.code, 2);
  EXPECT_THAT(output.err, HasSubstr("--lang = fr: must be en, zh-Hant (zh-TW) or zh-Hans (zh-CN)"));
}

}  // namespace
}  // namespace thalweg::test::explain_language_test
