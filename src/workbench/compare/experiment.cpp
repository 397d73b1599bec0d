#include "workbench/compare/experiment.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <functional>
#include <sstream>

#include <fmt/format.h>
#include <toml++/toml.h>

#include <thalweg/error.h>
#include <thalweg/problems.h>
#include <thalweg/registry.h>

#include "data/files.h"
#include "data/load.h"
#include "models/spec.h"

namespace thalweg::workbench {
namespace {

namespace fs = std::filesystem;

/// Reads tables key by key, and knows where it is.
class ExperimentReader {
 public:
  explicit ExperimentReader(std::string path) : path_(std::move(path)) {}

  [[nodiscard]] std::string where(const toml::source_region& source) const {
    return path_ + ":" + std::to_string(source.begin.line);
  }

  /// A handler for each key that is accepted.
  using Keys = std::vector<std::pair<std::string, std::function<void(const toml::node&)>>>;

  void read(const toml::table& table, const Keys& keys) const {
    std::vector<std::string> known;
    for (const auto& key : keys) known.push_back(key.first);
    for (const auto& [name, node] : table) {
      const auto key = std::find(known.begin(), known.end(), name.str());
      if (key == known.end()) {
        at(name.source(),
           [&known, text = std::string(name.str())] { throw unknown_name("key", text, known); });
      }
      const auto& handler = keys[static_cast<std::size_t>(key - known.begin())].second;
      at(name.source(), [&handler, &value = node] { handler(value); });
    }
  }

  /// Does something, and says where if that is a mistake of the user.
  void at(const toml::source_region& source, const std::function<void()>& what) const {
    try {
      what();
    } catch (const Error& error) {
      const std::string message = error.what();
      if (error.kind == Error::Kind::input && message.compare(0, path_.size(), path_) == 0)
        throw;  // an inner one has said it
      throw Error(Error::Kind::input, error.name, error.value, error.constraint,
                  where(source) + ": " + message);
    }
  }

  [[nodiscard]] std::string text(const toml::node& node, const char* wanted = "a text") const {
    if (const auto value = node.value_exact<std::string>()) return *value;
    throw wrong(node, wanted);
  }
  [[nodiscard]] std::uint64_t count(const toml::node& node, std::int64_t least) const {
    const auto value = node.value_exact<std::int64_t>();
    if (value && *value >= least) return static_cast<std::uint64_t>(*value);
    throw wrong(node, "a whole number, at least " + std::to_string(least));
  }
  [[nodiscard]] double number(const toml::node& node) const {
    if (const auto value = node.value<double>(); value && std::isfinite(*value)) return *value;
    throw wrong(node, "a number");
  }
  [[nodiscard]] std::vector<std::string> texts(const toml::node& node) const {
    const toml::array* array = node.as_array();
    if (array == nullptr) throw wrong(node, "a list of texts");
    std::vector<std::string> all;
    for (const toml::node& one : *array) all.push_back(text(one, "a text in the list"));
    return all;
  }
  [[nodiscard]] Error wrong(const toml::node& node, const std::string& wanted) const {
    std::ostringstream found;
    if (node.is_table() || node.is_array())
      found << (node.is_table() ? "a table" : "a list");
    else
      node.visit([&](const auto& value) { found << value; });
    return input_error(where(node.source()), found.str(), wanted);
  }

 private:
  std::string path_;
};

bool is_bundled(const std::string& name) {
  const auto& all = data::bundled();
  return std::any_of(all.begin(), all.end(),
                     [&](const data::BundledInfo& info) { return info.name == name; });
}

/// A data file beside the experiment, if there is one.
std::string beside(const std::string& experiment, const std::string& file) {
  if (file.empty() || is_bundled(file) || fs::path(file).is_absolute()) return file;
  const fs::path near = fs::path(experiment).parent_path() / file;
  std::error_code ignored;
  return fs::exists(near, ignored) ? near.string() : file;
}

/// A data file's path from anywhere.
std::string absolute(const std::string& file) {
  std::error_code failure;
  if (file.empty() || is_bundled(file) || !fs::exists(file, failure)) return file;
  const fs::path whole = fs::absolute(file, failure);
  return failure ? file : whole.lexically_normal().string();
}

ExperimentReader::Keys workload_keys(const ExperimentReader& reader, const std::string& path,
                                     Workload& workload) {
  return {
      {"name", [&](const toml::node& n) { workload.name = reader.text(n); }},
      {"data",
       [&](const toml::node& n) {
         workload.data = beside(path, reader.text(n));
         if (workload.data.empty())  // as a text it would be left out, and then be the default
           throw input_error(reader.where(n.source()), "an empty text", "a bundled data set or a file");
       }},
      {"model",
       [&](const toml::node& n) {
         workload.model = reader.text(n);
         (void)models::make_model(workload.model);
       }},
      {"label", [&](const toml::node& n) { workload.label = reader.text(n); }},
      {"test", [&](const toml::node& n) { workload.test = beside(path, reader.text(n)); }},
      {"problem",
       [&](const toml::node& n) {
         workload.problem = reader.text(n);
         (void)make_problem(workload.problem);
       }},
      {"dimension", [&](const toml::node& n) { workload.dimension = reader.count(n, 1); }},
      {"target", [&](const toml::node& n) { workload.target = reader.number(n); }},
      {"epochs", [&](const toml::node& n) { workload.epochs = reader.count(n, 1); }},
      {"batch", [&](const toml::node& n) { workload.batch = reader.count(n, 0); }},
      {"steps", [&](const toml::node& n) { workload.steps = reader.count(n, 1); }},
  };
}

/// What a function has not, a model has not, or several workloads cannot share is no key that may be ignored.
void check_keys(const ExperimentReader& reader, const toml::table& table, const Workload& workload) {
  const std::vector<const char*> of_models{"data", "model", "label", "test", "batch"},
      of_functions{"dimension", "steps"};
  for (const char* key : workload.is_function() ? of_models : of_functions) {
    if (const toml::node* node = table.get(key)) {
      throw input_error(reader.where(node->source()), std::string("the key '") + key + "'",
                        workload.is_function() ? "none that speaks of data: this is a problem"
                                               : "it only beside 'problem'");
    }
  }
}

std::vector<Workload> read_workloads(const ExperimentReader& reader, const std::string& path,
                                     const toml::node& node, const Workload& defaults) {
  const toml::array* array = node.as_array();
  if (array == nullptr || !array->is_array_of_tables() || array->empty())
    throw reader.wrong(node, "tables: [[workload]]");
  std::vector<Workload> all;
  for (const toml::node& one : *array) {
    const toml::table& table = *one.as_table();
    Workload workload = defaults;
    reader.read(table, workload_keys(reader, path, workload));
    check_keys(reader, table, workload);
    all.push_back(workload);
  }
  return all;
}

std::string quoted(const std::string& text) {
  std::string all = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\')
      all += std::string("\\") + c;
    else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      all += fmt::format("\\u{:04X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    else
      all += c;
  }
  return all + "\"";
}

std::string list(const std::vector<std::string>& texts) {
  std::vector<std::string> all;
  for (const std::string& text : texts) all.push_back(quoted(text));
  return fmt::format("[{}]", fmt::join(all, ", "));
}

std::string workload_text(const Workload& workload) {
  std::string all;
  const auto add = [&](const char* key, const std::string& value) {
    if (!value.empty()) all += fmt::format("{} = {}\n", key, quoted(value));
  };
  add("name", workload.name);
  if (workload.is_function()) {
    add("problem", workload.problem);
    if (workload.dimension > 0) all += fmt::format("dimension = {}\n", workload.dimension);
  } else {
    add("data", absolute(workload.data));
    add("label", fs::path(workload.label).extension() == ".npy" ? absolute(workload.label) : workload.label);
    add("test", absolute(workload.test));
    add("model", workload.model);
  }
  all += fmt::format("epochs = {}\n", workload.epochs);
  all += workload.is_function() ? fmt::format("steps = {}\n", workload.steps)
                                : fmt::format("batch = {}\n", workload.batch);
  if (workload.target) all += fmt::format("target = {}\n", number_text(*workload.target));
  return all;
}

}  // namespace

SuiteOptions read_experiment(const std::string& path) {
  return parse_experiment(data::read_file(path), path);
}

SuiteOptions parse_experiment(std::string_view text, const std::string& path) {
  const ExperimentReader reader(path);
  toml::table table;
  try {
    table = toml::parse(text);
  } catch (const toml::parse_error& error) {
    throw Error(Error::Kind::input, reader.where(error.source()), "", "TOML",
                reader.where(error.source()) + ": " + std::string(error.description()));
  }
  SuiteOptions options;
  CompareOptions& common = options.common;
  Workload single;
  ExperimentReader::Keys keys = workload_keys(reader, path, single);
  const auto text_of = [&](std::string& field) {
    return [&](const toml::node& n) { field = reader.text(n); };
  };
  const auto count_of = [&](std::uint64_t& field, std::int64_t least) {
    return [&reader, &field, least](const toml::node& n) { field = reader.count(n, least); };
  };
  const ExperimentReader::Keys of_all{
      {"title", text_of(common.title)},
      {"optimizers",
       [&](const toml::node& n) {
         common.optimizers = reader.texts(n);
         for (const toml::node& one : *n.as_array())
           reader.at(one.source(), [&] { (void)make_contender(reader.text(one)); });
       }},
      {"tuner", [&](const toml::node& n) { common.tuner = parse_tuner(reader.text(n)); }},
      {"tune", [&](const toml::node& n) { common.tune = reader.texts(n); }},
      {"trials", count_of(common.trials, 1)},
      {"seeds", count_of(common.seeds, 1)},
      {"seed", count_of(common.seed, 0)},
      {"suite",
       [&](const toml::node& n) {
         options.suite = reader.text(n);
         options.workloads = suite_workloads(options.suite);
       }},
      {"workload", [](const toml::node&) {}},  // read below, when the defaults are known
  };
  keys.insert(keys.begin(), of_all.begin(), of_all.end());
  reader.read(table, keys);

  if (const toml::node* several = table.get("workload")) {
    if (!options.suite.empty())
      throw input_error(reader.where(several->source()), "workloads beside 'suite'", "one of both");
    for (const char* key : {"name", "data", "model", "label", "test", "problem", "dimension", "target"}) {
      if (const toml::node* node = table.get(key))
        throw input_error(reader.where(node->source()), std::string("'") + key + "' beside [[workload]]",
                          "it in each workload");
    }
    options.workloads = read_workloads(reader, path, *several, single);
  } else if (!options.suite.empty()) {
    for (const auto& key : workload_keys(reader, path, single)) {
      if (const toml::node* node = table.get(key.first))
        throw input_error(reader.where(node->source()), "'" + key.first + "' beside 'suite'",
                          "a suite as it is, or [[workload]]");
    }
  } else {
    check_keys(reader, table, single);
    options.workloads = {single};
  }
  return options;
}

std::string experiment_text(const SuiteOptions& options) {
  const CompareOptions& common = options.common;
  std::string all = "# Repeats these results: thalweg compare experiment.toml\n";
  if (!common.title.empty()) all += "title = " + quoted(common.title) + "\n";
  all += "optimizers = " + list(common.optimizers) + "\n";
  all += fmt::format("tuner = {}\ntune = {}\ntrials = {}\nseeds = {}\nseed = {}\n",
                     quoted(tuner_name(common.tuner)), list(common.tune), common.trials, common.seeds,
                     common.seed);
  if (!options.suite.empty()) return all + "suite = " + quoted(options.suite) + "\n";
  if (options.workloads.size() == 1) return all + workload_text(options.workloads.front());
  for (const Workload& workload : options.workloads) all += "\n[[workload]]\n" + workload_text(workload);
  return all;
}

}  // namespace thalweg::workbench
