// Whether the diagnosis is right on every case of its table, and its advice helps on each.

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "diagnose_cases.h"

namespace thalweg::workbench::diagnosis::diagnose_test {
namespace {

/// Every case is run once.
const std::vector<Diagnosis>& diagnoses(const std::vector<Case>& cases) {
  static std::map<const std::vector<Case>*, std::vector<Diagnosis>> kept;
  std::vector<Diagnosis>& made = kept[&cases];
  if (made.empty()) {
    for (const Case& c : cases) made.push_back(diagnose(run_case(c).evidence, setting_of(c)));
  }
  return made;
}

TEST(DiagnoseTable, HasThreeCasesOfEveryStateOverSeveralOptimizersAndModels) {
  std::map<State, std::set<std::string>> optimizers, subjects;
  std::map<State, int> counts;
  for (const Case& c : sick_cases()) {
    ++counts[c.expected];
    optimizers[c.expected].insert(c.optimizer.substr(0, c.optimizer.find(':')));
    subjects[c.expected].insert(c.on);
  }
  for (const State state : states()) {
    EXPECT_GE(counts[state], 3) << state_name(state);
    EXPECT_GE(optimizers[state].size(), 2U) << state_name(state);
    EXPECT_GE(subjects[state].size(), 2U) << state_name(state);
  }
}

TEST(DiagnoseTable, EveryCaseIsNamedRight) {
  const auto& found = diagnoses(sick_cases());
  for (std::size_t i = 0; i < found.size(); ++i) {
    const Case& c = sick_cases()[i];
    EXPECT_STREQ(state_name(found[i].verdict.state), state_name(c.expected)) << text(c);
    EXPECT_GE(found[i].verdict.confidence, 0.5) << text(c);
    EXPECT_LE(found[i].verdict.confidence, 1) << text(c);
  }
}

TEST(DiagnoseTable, NoHealthyRunIsAlarmed) {
  const auto& found = diagnoses(healthy_cases());
  std::set<std::string> data;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const Case& c = healthy_cases()[i];
    EXPECT_TRUE(is_healthy(found[i].verdict.state)) << text(c) << ": " << state_name(found[i].verdict.state);
    data.insert(c.on.substr(0, c.on.find(' ')));
  }
  EXPECT_EQ(data, (std::set<std::string>{"agaricus", "breast_cancer", "diabetes", "digits", "iris", "wine"}));
}

// The further budget is the same: the run goes on for as many steps as it has made, or it starts again with
// the advice and makes as many.
TEST(DiagnoseTable, FollowingTheAdviceHelpsMoreThanGoingOn) {
  const auto& found = diagnoses(sick_cases());
  for (std::size_t i = 0; i < found.size(); ++i) {
    const Case& c = sick_cases()[i];
    const Diagnosis& d = found[i];
    SCOPED_TRACE(text(c) + " -> " + d.advice.option + " " + d.advice.value);
    const double going_on = end_loss(c, 2);
    switch (d.advice.action) {
      case Advice::Action::stop: {
        // Nothing to gain that would matter: 1 % of what the run had to gain.
        const double scale = std::isfinite(d.evidence.reference) ? d.evidence.reference
                                                                 : d.evidence.start_loss - d.evidence.loss;
        EXPECT_GE(going_on, d.evidence.loss - 0.01 * scale);
        break;
      }
      case Advice::Action::go_on:
        EXPECT_LT(end_loss(advised(c, d.advice)), d.evidence.loss);
        break;
      default:
        EXPECT_LT(end_loss(advised(c, d.advice)), going_on);
    }
  }
}

// The documentation.

std::string cell(int n) { return n == 0 ? " |" : " " + std::to_string(n) + " |"; }

/// How often each state was named where another was expected.
std::string confusion_table() {
  std::map<std::pair<int, State>, int> counts;  // row: a state, or -1 for the healthy runs
  const auto& sick = diagnoses(sick_cases());
  for (std::size_t i = 0; i < sick.size(); ++i)
    ++counts[{static_cast<int>(sick_cases()[i].expected), sick[i].verdict.state}];
  for (const Diagnosis& d : diagnoses(healthy_cases())) ++counts[{-1, d.verdict.state}];
  std::string table = "| what is the case |", line = "| --- |";
  for (const State state : states()) {
    table += " " + std::string(state_name(state)) + " |";
    line += " ---: |";
  }
  table += "\n" + line + "\n";
  const auto add_row = [&](int row, const std::string& name) {
    table += "| " + name + " |";
    for (const State state : states()) table += cell(counts[{row, state}]);
    table += "\n";
  };
  for (const State state : states())
    add_row(static_cast<int>(state), "`" + std::string(state_name(state)) + "`");
  add_row(-1, "healthy runs on the bundled data");
  return table;
}

std::string case_list() {
  std::string list;
  for (const State state : states()) {
    list += "- `" + std::string(state_name(state)) + "`: ";
    std::string separator;
    for (const Case& c : sick_cases()) {
      if (c.expected != state) continue;
      list += separator + text(c);
      separator = "; ";
    }
    list += "\n";
  }
  return list;
}

std::string computed_part() {
  return "<!-- computed by tests/workbench/diagnose_test.cpp -->\n" + confusion_table() + "\nThe " +
         std::to_string(sick_cases().size()) + " cases:\n\n" + case_list() +
         "<!-- end of the computed part -->\n";
}

TEST(DiagnoseTable, TheDocumentationShowsIt) {
  const std::string path = std::string(THALWEG_SOURCE) + "/docs/diagnose.md";
  std::ifstream file(path);
  const std::string all{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  file.close();
  const std::string end_mark = "<!-- end of the computed part -->\n";
  const std::size_t begin = all.find("<!-- computed by"), end = all.find(end_mark);
  ASSERT_NE(begin, std::string::npos);
  ASSERT_NE(end, std::string::npos);
  const std::string kept = all.substr(begin, end + end_mark.size() - begin), computed = computed_part();
  if (std::getenv("THALWEG_UPDATE_DOCS") != nullptr) {
    std::ofstream(path) << all.substr(0, begin) << computed << all.substr(end + end_mark.size());
    return;
  }
  EXPECT_EQ(kept, computed)
      << "THALWEG_UPDATE_DOCS=1 test_workbench --gtest_filter='DiagnoseTable.*' writes it";
}

}  // namespace
}  // namespace thalweg::workbench::diagnosis::diagnose_test
