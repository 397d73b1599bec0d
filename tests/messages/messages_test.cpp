#include "messages/messages.h"

#include <cstdlib>
#include <regex>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <thalweg/error.h>

#include "messages/embedded.h"

namespace thalweg::messages::messages_test {
namespace {

using Json = nlohmann::json;

Json file(Language language) { return Json::parse(embedded(std::string(tag(language)) + ".json")); }

/// The names of a text's {fields}, without format specifications.
std::multiset<std::string> fields(const std::string& text) {
  static const std::regex field(R"(\{([A-Za-z_0-9]*)[^}]*\})");
  std::multiset<std::string> names;
  for (auto i = std::sregex_iterator(text.begin(), text.end(), field); i != std::sregex_iterator(); ++i)
    names.insert((*i)[1]);
  return names;
}

class EveryLanguage : public testing::TestWithParam<Language> {};

TEST_P(EveryLanguage, HasTheMessagesOfEnglishAndNoOthers) {
  const Json english = file(Language::english), other = file(GetParam());
  for (const auto& [subject, messages] : english.items()) {
    ASSERT_TRUE(other.contains(subject)) << subject;
    for (const auto& [id, text] : messages.items())
      EXPECT_TRUE(other[subject].contains(id)) << subject << "." << id;
  }
  for (const auto& [subject, messages] : other.items()) {
    ASSERT_TRUE(english.contains(subject)) << subject;
    if (subject == "explain") continue;  // keyed by what the declarations say: tested with `explain`
    for (const auto& [id, text] : messages.items())
      EXPECT_TRUE(english[subject].contains(id)) << subject << "." << id << " is in no other language";
  }
}

TEST_P(EveryLanguage, FillsInTheSameFieldsAsEnglish) {
  const Json english = file(Language::english), other = file(GetParam());
  for (const auto& [subject, messages] : english.items())
    for (const auto& [id, text] : messages.items()) {
      if (!other.contains(subject) || !other[subject].contains(id)) continue;
      // A language may say a number twice or leave a plural's word out, but names no field that is not given.
      const auto given = fields(text), used = fields(other[subject][id]);
      for (const std::string& field : used)
        EXPECT_TRUE(given.contains(field)) << subject << "." << id << ": " << field;
    }
}

TEST_P(EveryLanguage, IsWritten) {
  const Json all = file(GetParam());
  for (const auto& [subject, messages] : all.items())
    for (const auto& [id, text] : messages.items()) {
      const std::string value = text;
      EXPECT_FALSE(value.empty()) << subject << "." << id;
      EXPECT_EQ(value.find("\t"), std::string::npos) << subject << "." << id;
    }
}

INSTANTIATE_TEST_SUITE_P(Messages, EveryLanguage, testing::ValuesIn(all_languages), [](const auto& one) {
  std::string name = tag(one.param);
  std::erase(name, '-');
  return name;
});

/// Characters that our texts need often and that only one of the two scripts has, in pairs.
TEST(Chinese, IsNotOfTheOtherScript) {
  const std::vector<std::pair<const char*, const char*>> pairs{
      {"习", "習"}, {"学", "學"}, {"损", "損"}, {"优", "優"}, {"数", "數"}, {"练", "練"}, {"调", "調"},
      {"动", "動"}, {"为", "為"}, {"这", "這"}, {"们", "們"}, {"时", "時"}, {"间", "間"}, {"过", "過"},
      {"还", "還"}, {"见", "見"}, {"观", "觀"}, {"计", "計"}, {"结", "結"}, {"论", "論"}, {"类", "類"},
      {"组", "組"}, {"维", "維"}, {"线", "線"}, {"图", "圖"}, {"对", "對"}, {"变", "變"}, {"选", "選"},
      {"择", "擇"}, {"开", "開"}, {"关", "關"}, {"张", "張"}, {"实", "實"}, {"验", "驗"}, {"训", "訓"},
      {"误", "誤"}, {"阶", "階"}, {"权", "權"}, {"读", "讀"}, {"务", "務"}, {"个", "個"}, {"来", "來"}};
  for (const auto& [simplified, traditional] : pairs) {
    EXPECT_EQ(embedded("zh-Hant.json").find(simplified), std::string_view::npos) << simplified;
    EXPECT_EQ(embedded("zh-Hans.json").find(traditional), std::string_view::npos) << traditional;
  }
}

TEST(LanguageNames, AreReadAsTagsAndLocales) {
  EXPECT_EQ(parse_language("en"), Language::english);
  EXPECT_EQ(parse_language("en_GB.UTF-8"), Language::english);
  EXPECT_EQ(parse_language("C"), Language::english);
  EXPECT_EQ(parse_language("zh-Hant"), Language::traditional_chinese);
  EXPECT_EQ(parse_language("zh_TW.UTF-8"), Language::traditional_chinese);
  EXPECT_EQ(parse_language("zh-HK"), Language::traditional_chinese);
  EXPECT_EQ(parse_language("zh"), Language::simplified_chinese);
  EXPECT_EQ(parse_language("ZH-CN"), Language::simplified_chinese);
  for (const Language one : all_languages) EXPECT_EQ(parse_language(tag(one)), one);
  try {
    (void)parse_language("klingon");
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "language = klingon: must be en, zh-Hant (zh-TW) or zh-Hans (zh-CN)");
  }
}

TEST(LanguageOfEnvironment, IsTheFirstThatIsSet) {
  const auto with = [](const char* all, const char* of_messages, const char* lang) {
    setenv("LC_ALL", all, 1), setenv("LC_MESSAGES", of_messages, 1), setenv("LANG", lang, 1);
    return language_of_environment();
  };
  EXPECT_EQ(with("", "", "zh_TW.UTF-8"), Language::traditional_chinese);
  EXPECT_EQ(with("", "en_US.UTF-8", "zh_TW.UTF-8"), Language::english);
  EXPECT_EQ(with("zh_CN", "en_US.UTF-8", "zh_TW.UTF-8"), Language::simplified_chinese);
  EXPECT_EQ(with("", "", "de_DE.UTF-8"), Language::english);
  EXPECT_EQ(with("", "", ""), Language::english);
}

TEST(Messages, AreFilledInByName) {
  EXPECT_EQ(text(Language::traditional_chinese, "cli.language"), "繁體中文");
  EXPECT_EQ(format(Language::simplified_chinese, "cli.language", fmt::arg("unused", 1)), "简体中文");
  EXPECT_EQ(Json::parse(catalog(Language::english, "cli"))["language"], "English");
  EXPECT_EQ(catalog(Language::english, "nothing"), "{}");
}

TEST(Messages, ThatAreMissingAreTheProgrammersError) {
  EXPECT_THROW((void)text(Language::english, "cli.nothing"), std::out_of_range);
}

}  // namespace
}  // namespace thalweg::messages::messages_test
