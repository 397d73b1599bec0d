#include "data/known_columns.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include <thalweg/error.h>

#include "data/text.h"

namespace thalweg::data {
namespace {

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// "'a', 'b', 'c' and 4 others"
std::string some_of(const std::vector<std::string>& names) {
  constexpr std::size_t most = 3;
  std::string text;
  for (std::size_t k = 0; k < std::min(names.size(), most); ++k)
    text += (k == 0 ? "" : ", ") + shown(names[k]);
  if (names.size() > most) text += " and " + std::to_string(names.size() - most) + " more";
  return text;
}

std::string columns_text(std::size_t count) {
  return std::to_string(count) + (count == 1 ? " column" : " columns");
}

std::string accepted_counts(const KnownColumns& known) {
  const std::string features = std::to_string(known.count) + ", as the model has features";
  return known.labels == Labels::none
             ? features
             : features + ", or " + std::to_string(known.count + 1) + " with the label";
}

/// The column that the user chose, by its number from 1 or its name.
std::size_t chosen(const std::string& file, const std::vector<std::string>& header, std::size_t columns,
                   const std::string& label) {
  if (const auto found = std::find(header.begin(), header.end(), label); found != header.end())
    return static_cast<std::size_t>(found - header.begin());
  double number = 0;
  if (parse_number(label, number) && number >= 1 && number <= static_cast<double>(columns) &&
      number == std::trunc(number))
    return static_cast<std::size_t>(number) - 1;
  if (!header.empty() && !is_number(label)) throw unknown_name("label column of " + file, label, header);
  throw input_error(file, columns_text(columns) + ", so no label column " + shown(label),
                    "the label column's number from 1 to " + std::to_string(columns) +
                        (header.empty() ? "" : ", or its name"));
}

/// Throws where the names of the features are not those of the model, in any order.
void check_names(const std::string& file, const std::vector<std::string>& header, std::size_t label,
                 const KnownColumns& known) {
  std::unordered_map<std::string, std::size_t> wanted;
  for (const std::string& name : known.names) ++wanted[name];
  std::vector<std::string> extra, missing;
  for (std::size_t j = 0; j < header.size(); ++j) {
    if (j == label) continue;
    const auto found = wanted.find(header[j]);
    if (found == wanted.end() || found->second == 0)
      extra.push_back(header[j]);
    else
      --found->second;
  }
  for (const std::string& name : known.names) {
    if (auto& left = wanted[name]; left > 0) {
      missing.push_back(name);
      --left;
    }
  }
  if (extra.empty() && missing.empty()) return;
  const std::string label_hint =
      label == header.size() && known.labels != Labels::none && !known.label_name.empty()
          ? " and maybe the label " + shown(known.label_name)
          : "";
  std::string found;
  if (!missing.empty()) found = "no column " + some_of(missing);
  if (!extra.empty())
    found += (found.empty() ? "" : ", but ") +
             std::string(extra.size() == 1 ? "the column " : "the columns ") + some_of(extra);
  throw input_error(file, found,
                    "the " + columns_text(known.count) + " that the model has learned from" + label_hint);
}

}  // namespace

std::optional<std::size_t> find_known_label(const std::string& file, const std::vector<std::string>& header,
                                            std::size_t columns, const KnownColumns& known) {
  const bool named = !header.empty() && !known.names.empty();
  std::optional<std::size_t> label;
  if (known.labels != Labels::none && !known.chosen_label.empty()) {
    label = chosen(file, header, columns, known.chosen_label);
  } else if (known.labels != Labels::none && named) {
    const auto found = std::find(header.begin(), header.end(), known.label_name);
    if (found != header.end() && !contains(known.names, known.label_name))
      label = static_cast<std::size_t>(found - header.begin());
  } else if (known.labels != Labels::none && columns == known.count + 1) {
    label = std::min(known.label_column.value_or(columns - 1), columns - 1);
  }
  if (named)
    check_names(file, header, label.value_or(header.size()), known);
  else if (columns != known.count + (label ? 1 : 0))
    throw input_error(file, columns_text(columns), accepted_counts(known));
  return label;
}

void check_known_count(const std::string& file, std::size_t columns, const KnownColumns& known) {
  if (columns != known.count)
    throw input_error(file, std::to_string(columns) + " features",
                      std::to_string(known.count) + ", as the model has");
}

void arrange(const KnownColumns& known, Table& table) {
  if (known.names.empty() || table.feature_names.empty() || known.names == table.feature_names) return;
  // Names that are there twice keep their order.
  std::unordered_multimap<std::string, std::size_t> place;
  for (std::size_t j = known.names.size(); j-- > 0;) place.emplace(known.names[j], j);
  std::vector<std::size_t> to(table.feature_names.size());
  for (std::size_t j = 0; j < to.size(); ++j) {
    auto [first, last] = place.equal_range(table.feature_names[j]);
    const auto lowest =
        std::min_element(first, last, [](const auto& a, const auto& b) { return a.second < b.second; });
    to[j] = lowest->second;
    place.erase(lowest);
  }
  auto& matrix = std::get<DenseMatrix>(table.features);
  std::vector<float> row(matrix.columns);
  for (std::size_t i = 0; i < matrix.rows; ++i) {
    float* const values = matrix.values.data() + i * matrix.columns;
    for (std::size_t j = 0; j < row.size(); ++j) row[to[j]] = values[j];
    std::copy(row.begin(), row.end(), values);
  }
  table.feature_names = known.names;
}

}  // namespace thalweg::data
