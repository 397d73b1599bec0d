#include "golden.h"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include <nlohmann/json.hpp>

#include <thalweg/error.h>

namespace thalweg::test {
namespace {

std::string setting_text(const nlohmann::json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "true" : "false";
  if (value.is_number()) return number_text(value.get<double>());
  std::string list;
  for (const auto& entry : value) list += (list.empty() ? "" : ",") + setting_text(entry);
  return "[" + list + "]";
}

}  // namespace

Table read_npy(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const auto byte = [&bytes](std::size_t i) -> std::size_t {
    return static_cast<unsigned char>(bytes.at(i));
  };
  const std::size_t start = 10 + byte(8) + 256 * byte(9);
  const std::string header = bytes.substr(0, start);
  const std::size_t open = header.find('('), comma = header.find(',', open), close = header.find(')', open);
  if (header.find("'<f8'") == std::string::npos ||
      header.find("'fortran_order': False") == std::string::npos || close == std::string::npos)
    throw std::runtime_error(path.string() + " is not a float64 array in C order");
  const bool flat = comma + 1 == close;
  const std::size_t first = std::stoul(header.substr(open + 1));
  const std::size_t rows = flat ? 1 : first, columns = flat ? first : std::stoul(header.substr(comma + 1));
  if (bytes.size() != start + rows * columns * sizeof(double))
    throw std::runtime_error(path.string() + " has another size than its header says");
  Table table(rows, std::vector<double>(columns));
  for (std::size_t r = 0; r < rows; ++r)
    std::memcpy(table[r].data(), bytes.data() + start + r * columns * sizeof(double),
                columns * sizeof(double));
  return table;
}

std::filesystem::path golden_folder() { return std::filesystem::path(THALWEG_TEST_FILES) / "golden"; }

std::vector<std::string> golden_names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(golden_folder())) {
    if (entry.path().extension() == ".json") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

GoldenCase golden_case(const std::string& name) {
  std::ifstream file(golden_folder() / (name + ".json"));
  const auto json = nlohmann::json::parse(file);
  GoldenCase made{name, json.at("optimizer"), json.at("optimizer"), json.at("theta")};
  for (const auto& [key, value] : json.at("hyper").items())
    made.specification +=
        (made.specification == made.optimizer ? ":" : ",") + key + "=" + setting_text(value);
  return made;
}

std::vector<GoldenCase> golden_cases() {
  std::vector<GoldenCase> cases;
  for (const std::string& name : golden_names()) cases.push_back(golden_case(name));
  return cases;
}

}  // namespace thalweg::test
