#include "data/table.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <unordered_map>

#include "data/text.h"

namespace thalweg::data {
namespace {

constexpr const char* task_to_be_told = "the task to be told: classification or regression";

/// What the labels of a table are, all of them together.
struct Survey {
  bool numbers = true;  ///< every label is a number
  bool whole = true;    ///< every label is a whole number
};

Survey survey_labels(const Table& table) {
  Survey survey;
  std::size_t texts = 0, first_missing = table.label.size();
  for (std::size_t i = 0; i < table.label.size(); ++i) {
    const std::string& label = table.label[i];
    double value = 0;
    if (parse_number(label, value)) {
      if (!std::isfinite(value)) {
        throw input_error(table.where(i), shown(label) + " as the label", "a class or a finite number");
      }
      survey.whole = survey.whole && value == std::trunc(value);
    } else if (label.empty() || label == "?") {
      throw input_error(table.where(i), "a missing label " + shown(label), "a class or a number");
    } else {
      survey.numbers = false;
      if (!is_missing(label)) ++texts;
      first_missing = std::min(first_missing, is_missing(label) ? i : first_missing);
    }
  }
  // Beside text, NA may be a name (a country's); beside numbers alone it is a hole.
  if (texts == 0 && !survey.numbers) {
    throw input_error(table.where(first_missing), "a missing label " + shown(table.label[first_missing]),
                      "a number, as in the other rows");
  }
  survey.whole = survey.whole && survey.numbers;
  return survey;
}

bool class_less(const std::string& a, const std::string& b) {
  double x = 0, y = 0;
  const bool a_number = parse_number(a, x), b_number = parse_number(b, y);
  if (a_number != b_number) return a_number;
  return a_number ? x < y : natural_less(a, b);
}

std::unordered_map<std::string, std::size_t> numbered(const std::vector<std::string>& names) {
  std::unordered_map<std::string, std::size_t> number;
  for (std::size_t k = 0; k < names.size(); ++k) number.emplace(names[k], k);
  return number;
}

std::vector<float> values_of(const Table& table) {
  std::vector<float> target(table.label.size());
  for (std::size_t i = 0; i < target.size(); ++i) {
    if (const char* accepted = parse_float(table.label[i], target[i])) {
      throw input_error(table.where(i), shown(table.label[i]) + " as the value to predict", accepted);
    }
  }
  return target;
}

/// The class number of each row; `otherwise` handles a row of a class that is not among `names`.
template <class Otherwise>
std::vector<float> classes_of(const Table& table, const std::vector<std::string>& names,
                              Otherwise otherwise) {
  const auto number = numbered(names);
  // Labels repeat: the spelling of each is looked at once.
  std::unordered_map<std::string, float> seen;
  std::vector<float> target(table.label.size());
  for (std::size_t i = 0; i < target.size(); ++i) {
    const auto [entry, added] = seen.emplace(table.label[i], 0.0F);
    if (added) {
      const auto found = number.find(class_name(table.label[i]));
      if (found == number.end()) otherwise(i);
      entry->second = static_cast<float>(found->second);
    }
    target[i] = entry->second;
  }
  return target;
}

std::vector<std::string> class_names(const Table& table) {
  std::unordered_map<std::string, bool> spellings, names;
  std::vector<std::string> result;
  for (const std::string& label : table.label) {
    if (!spellings.emplace(label, true).second) continue;
    const std::string name = class_name(label);
    if (names.emplace(name, true).second) result.push_back(name);
  }
  sort_classes(result);
  return result;
}

std::size_t column_count(const Table& table) {
  return std::visit([](const auto& m) { return m.columns; }, table.features);
}

Dataset with_features(Table& table) {
  Dataset dataset;
  dataset.name = table.file;
  dataset.features = std::move(table.features);
  dataset.feature_names = std::move(table.feature_names);
  dataset.label_name = std::move(table.label_name);
  dataset.label_column = table.label_column;
  return dataset;
}

void agree_in_columns(const Table& test, Dataset& train, Dataset& result) {
  if (result.features.index() != train.features.index()) {
    throw input_error(test.file, "data of another kind than the training data",
                      "both dense (csv, idx, npy) or both sparse (libsvm)");
  }
  const std::size_t widest = std::max(train.columns(), result.columns());
  if (std::holds_alternative<SparseMatrix>(train.features)) {
    std::get<SparseMatrix>(train.features).columns = widest;
    std::get<SparseMatrix>(result.features).columns = widest;
  } else if (result.columns() != train.columns()) {
    throw input_error(test.file, std::to_string(result.columns()) + " feature columns",
                      std::to_string(train.columns()) + ", as in the training data");
  }
  for (std::size_t j = 0; j < std::min(train.feature_names.size(), result.feature_names.size()); ++j) {
    if (train.feature_names[j] != result.feature_names[j]) {
      throw input_error(test.file,
                        "feature " + std::to_string(j + 1) + " named " + shown(result.feature_names[j]),
                        shown(train.feature_names[j]) + ", as in the training data");
    }
  }
}

}  // namespace

std::string Table::where(std::size_t row) const {
  return line.empty() ? file + ", row " + std::to_string(row + 1) : at_line(file, line[row]);
}

std::string class_name(const std::string& label) {
  double value = 0;
  return parse_number(label, value) && std::isfinite(value) ? number_text(value + 0.0) : label;
}

void sort_classes(std::vector<std::string>& names) { std::sort(names.begin(), names.end(), class_less); }

void check_classes(const std::string& file, const std::vector<std::string>& names, std::size_t rows,
                   bool whole_and_untold) {
  const std::size_t classes = names.size();
  if (classes < 2) {
    throw input_error(file,
                      "one class only (" + shown(names[0]) + " in all " + std::to_string(rows) + " rows)",
                      "at least two classes");
  }
  if (whole_and_untold && classes > 20 && 4 * classes > rows) {
    throw input_error(file,
                      std::to_string(classes) + " different whole numbers as labels of " +
                          std::to_string(rows) + " rows, which may be classes or values",
                      task_to_be_told);
  }
}

Error unknown_class(const std::string& where, const std::string& label,
                    const std::vector<std::string>& known) {
  std::string all;
  for (const std::string& name : known) all += (all.empty() ? "" : ", ") + name;
  return input_error(where, "the class " + shown(label), "a class of the training data: " + all);
}

Dataset make_dataset(Table&& table, std::optional<Task> task) {
  const std::size_t rows = table.label.size();
  if (rows == 0) throw input_error(table.file, "no rows of data", "at least one");
  if (column_count(table) == 0) throw input_error(table.file, "labels only", "at least one feature column");
  const Survey survey = survey_labels(table);
  const bool regression = task ? *task == Task::regression : survey.numbers && !survey.whole;
  Dataset dataset;
  if (regression) {
    dataset.target = values_of(table);
  } else {
    dataset.class_names = class_names(table);
    check_classes(table.file, dataset.class_names, rows, !task && survey.whole);
    dataset.target = classes_of(table, dataset.class_names, [](std::size_t) {});
  }
  dataset.task = regression ? Task::regression : Task::classification;
  Dataset features = with_features(table);
  features.task = dataset.task;
  features.target = std::move(dataset.target);
  features.class_names = std::move(dataset.class_names);
  return features;
}

std::vector<float> targets_of(const Table& table, Task task, const std::vector<std::string>& classes) {
  static_cast<void>(survey_labels(table));
  if (task == Task::regression) return values_of(table);
  return classes_of(table, classes, [&](std::size_t row) {
    throw unknown_class(table.where(row), table.label[row], classes);
  });
}

Dataset make_test_dataset(Table&& table, Dataset& train) {
  if (table.label.empty()) throw input_error(table.file, "no rows of data", "at least one");
  std::vector<float> target = targets_of(table, train.task, train.class_names);
  Dataset test = with_features(table);
  agree_in_columns(table, train, test);
  test.task = train.task;
  test.target = std::move(target);
  test.class_names = train.class_names;
  return test;
}

}  // namespace thalweg::data
