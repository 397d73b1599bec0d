// Specifications: how names and settings are read, written and refused.

#include <clocale>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <thalweg/registry.h>
#include <thalweg/rules.h>

#include "errors.h"
#include "variants.h"

namespace thalweg::registry_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;

TEST(Specifications, AreTakenApart) {
  const Specification plain = parse_specification("adam");
  EXPECT_EQ(plain.name, "adam");
  EXPECT_THAT(plain.settings, IsEmpty());
  const Specification full = parse_specification("  aggmo : lr = 1e-3 ,betas=[0, 0.9,0.99] ");
  EXPECT_EQ(full.name, "aggmo");
  EXPECT_THAT(full.settings, ElementsAre(Pair("lr", "1e-3"), Pair("betas", "[0, 0.9,0.99]")));
}

TEST(Specifications, AreRefused) {
  EXPECT_USAGE_ERROR(make_rule(""), "specification = '': must be NAME or NAME:key=value,...");
  EXPECT_USAGE_ERROR(make_rule(":lr=1"), "specification = ':lr=1': must be NAME or NAME:key=value,...");
  EXPECT_USAGE_ERROR(make_rule("adam:"), "adam = '': must be key=value, with commas between (adam:)");
  EXPECT_USAGE_ERROR(make_rule("adam:lr"), "adam = 'lr': must be key=value, with commas between (adam:lr)");
  EXPECT_USAGE_ERROR(make_rule("adam:lr=1,"),
                     "adam = '': must be key=value, with commas between (adam:lr=1,)");
  EXPECT_USAGE_ERROR(make_rule("adam:=1"), "adam = '=1': must be key=value, with commas between (adam:=1)");
  EXPECT_USAGE_ERROR(make_rule("adam:lr=1,beta1=0.5,lr=2"), "adam: lr = 2: is given twice");
  EXPECT_USAGE_ERROR(make_rule("adam:lr="), "adam: lr = : must be at least 0");
  EXPECT_USAGE_ERROR(make_rule("adam:lr=fast"), "adam: lr = fast: must be at least 0");
  EXPECT_USAGE_ERROR(make_rule("adam:lr=1e999"), "adam: lr = 1e999: must be at least 0");
  EXPECT_USAGE_ERROR(make_rule("adam:lr=1e-3x"), "adam: lr = 1e-3x: must be at least 0");
  EXPECT_USAGE_ERROR(make_rule("adam:lr=1,5"),
                     "adam = '5': must be key=value, with commas between (adam:lr=1,5)");
  EXPECT_USAGE_ERROR(make_rule("rmsprop:centered=yes"), "rmsprop: centered = yes: must be true or false");
  EXPECT_USAGE_ERROR(
      make_rule("rmsprop:eps_placement=insid"),
      "rmsprop: eps_placement = insid: must be one of inside, outside; did you mean 'inside'?");
}

TEST(Specifications, AreQuotedOnOneLineWhateverIsInThem) {
  EXPECT_USAGE_ERROR_WITH(make_rule("sg\nd\x1b[31m"), ::testing::StartsWith("unknown optimizer 'sg?d?[31m'"));
  EXPECT_USAGE_ERROR(make_rule("sgd:lr=1\n2"), "sgd: lr = 1?2: must be at least 0");
}

TEST(Specifications, Lists) {
  const auto betas = [](const char* text) {
    return std::get<std::vector<double>>(make_rule(std::string("aggmo:betas=") + text).get("betas"));
  };
  EXPECT_THAT(betas("[0]"), ElementsAre(0));
  EXPECT_THAT(betas("[ 0, 0.5 ,0.9 ]"), ElementsAre(0, 0.5, 0.9));
  EXPECT_THAT(betas("[0.9,0.9]"), ElementsAre(0.9, 0.9));
  const std::string accepted = ": must be a list of 1 to 8 numbers, each in [0, 1)";
  for (const char* text : {"[]", "[ ]", "[0,]", "[,0]", "[0,,0]", "[0;1]", "0.9", "[0,1]", "[-0.1]", "[0",
                           "0]", "[0,0,0,0,0,0,0,0,0]", "[[0]]", "[nan]"}) {
    EXPECT_USAGE_ERROR_WITH(betas(text), HasSubstr(accepted)) << text;
  }
}

TEST(Names, TheNearestIsSuggested) {
  EXPECT_USAGE_ERROR_WITH(make_rule("adm"), HasSubstr("unknown optimizer 'adm': did you mean 'adam'?"));
  EXPECT_USAGE_ERROR_WITH(make_rule("Adma"), HasSubstr("did you mean 'adam'?"));
  EXPECT_USAGE_ERROR_WITH(make_rule("RMSprop"), HasSubstr("did you mean 'rmsprop'?"));
  EXPECT_USAGE_ERROR_WITH(make_rule("nestrov"), HasSubstr("did you mean 'nesterov'?"));
  EXPECT_USAGE_ERROR_WITH(make_rule("adam:beta=0.9"),
                          HasSubstr("unknown key of adam 'beta': did you mean 'beta1'?"));
  EXPECT_USAGE_ERROR_WITH(make_rule("adam:learning_rate=1"),
                          HasSubstr("(known: lr, beta1, beta2, eps, l2, eps_placement)"));
  EXPECT_USAGE_ERROR_WITH(make_rule("newton"), Not(HasSubstr("did you mean")));
  EXPECT_USAGE_ERROR_WITH(make_rule("newton"), HasSubstr("(known: sgd, momentum, nesterov, "));
}

// What text() writes, make_rule reads as the same rule: defaults, every variant, and numbers that need all
// digits.
TEST(Texts, RoundTrip) {
  for (AnyRule rule : test::all_variants()) {
    EXPECT_EQ(make_rule(rule.text()).text(), rule.text());
    for (const KeyInfo& key : rule.info().keys) {
      if (key.kind == KeyInfo::Kind::number && key.name != "momentum_decay")
        rule.set(key.name, 0.1 + 0.2 / 3);
    }
    const AnyRule again = make_rule(rule.text());
    for (const KeyInfo& key : rule.info().keys)
      EXPECT_EQ(again.get(key.name), rule.get(key.name)) << rule.text();
  }
  EXPECT_EQ(AnyRule(Adam{.lr = 1e-4, .eps_placement = EpsPlacement::hat}).text(),
            "adam:lr=1e-04,eps_placement=hat");
  EXPECT_EQ(make_rule("adam:lr=0.001").text(), "adam");
}

TEST(Texts, DoNotDependOnTheLocale) {
  const std::string before = std::setlocale(LC_ALL, nullptr);
  for (const char* locale : {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8"}) {
    if (std::setlocale(LC_ALL, locale) == nullptr) continue;
    EXPECT_EQ(make_rule("adam:lr=0.25").text(), "adam:lr=0.25");
  }
  std::setlocale(LC_ALL, before.c_str());
}

TEST(AnyRules, AreValues) {
  AnyRule a = Adam{.lr = 0.5};
  AnyRule b = a;
  b.set("lr", 0.25);
  EXPECT_EQ(a.get("lr"), Value(0.5));
  a = b;
  b.set("lr", 1.0);
  EXPECT_EQ(a.get("lr"), Value(0.25));
  a = make_rule("sgd");
  EXPECT_EQ(a.name(), "sgd");
  EXPECT_USAGE_ERROR_WITH(a.get("beta1"), HasSubstr("unknown key of sgd 'beta1'"));
}

// What help, documentation and messages are made of must be there, for every rule, transform and schedule.
TEST(Descriptions, AreComplete) {
  std::set<std::string> names;
  const auto check = [&names](const detail::ObjectInfo& info, const std::vector<Formula>& formula) {
    const std::string name = info.card.name;
    EXPECT_TRUE(names.insert(name).second) << name << " is there twice";
    EXPECT_THAT(std::string(info.card.title), Not(IsEmpty())) << name;
    EXPECT_THAT(std::string(info.card.idea), Not(IsEmpty())) << name;
    EXPECT_THAT(formula, Not(IsEmpty())) << name;
    for (const Formula& line : formula) {
      EXPECT_THAT(std::string(line.text), Not(IsEmpty())) << name;
      EXPECT_THAT(std::string(line.latex), Not(IsEmpty())) << name;
    }
    std::set<std::string> keys;
    for (const KeyInfo& key : info.keys) {
      EXPECT_TRUE(keys.insert(key.name).second) << name << ' ' << key.name;
      EXPECT_NE(key.name, "like") << "is taken by presets";
      EXPECT_THAT(key.meaning, Not(IsEmpty())) << name << ' ' << key.name;
      EXPECT_THAT(key.accepted(), Not(IsEmpty())) << name << ' ' << key.name;
    }
    EXPECT_NO_THROW(detail::Erased<detail::ObjectInfo>(info).validate()) << name;
  };
  for (const auto* info : rules()) {
    check(*info, info->formula);
    EXPECT_THAT(std::string(info->card.paper), Not(IsEmpty())) << info->card.name;
    EXPECT_EQ(info->keys.front().name, "lr");
  }
  for (const auto* info : transforms()) check(*info, info->formula);
  for (const auto* info : segments()) check(*info, info->formula);
  EXPECT_EQ(rules().size(), names.size() - transforms().size() - segments().size());
}

TEST(Numbers, AreReadAndWritten) {
  double x = 0;
  EXPECT_TRUE(parse_number("+2.5e-1", x));
  EXPECT_EQ(x, 0.25);
  for (const char* text : {"", "+", "-", "+-1", "++1", " 1", "1 ", "0x10", "1,5", "one", "1e", "."})
    EXPECT_FALSE(parse_number(text, x)) << "'" << text << "'";
  EXPECT_EQ(number_text(0.1), "0.1");
  EXPECT_EQ(number_text(1e-8), "1e-08");
  EXPECT_EQ(number_text(-0.0), "-0");
  for (const double number : {0.1 + 0.2, 1e300, 5e-324, 1 / 3.0}) {
    ASSERT_TRUE(parse_number(number_text(number), x)) << number_text(number);
    EXPECT_EQ(x, number);
  }
}

}  // namespace
}  // namespace thalweg::registry_test
