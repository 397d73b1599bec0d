#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <thalweg/error.h>

#include "bench/record.h"

namespace thalweg::bench {
namespace {

using Json = nlohmann::ordered_json;

/// Five digits: more are noise, and records are committed.
double rounded(double value) {
  double read = 0;
  return parse_number(fmt::format("{:.5g}", value), read) ? read : value;
}

Json numbers(const std::vector<double>& values) {
  Json all = Json::array();
  for (const double value : values) all.push_back(rounded(value));
  return all;
}

Json machine_json(const Machine& m) {
  return {{"processor", m.processor}, {"caches", m.caches}, {"isa", m.isa},
          {"threads", m.threads},     {"memory", m.memory}, {"huge_pages", m.huge_pages},
          {"compiler", m.compiler},   {"flags", m.flags}};
}

Json entry_json(const Record& record, const Entry& e) {
  const Figure figure = figure_of(e.rounds);
  Json json{{"group", e.group},
            {"name", e.name},
            {"size", e.size},
            {"precision", e.precision},
            {"threads", e.threads}};
  json["unit"] = e.unit;
  json["bytes"] = e.bytes;
  json["set"] = e.set;
  json["median"] = rounded(figure.median);
  json["least"] = rounded(figure.least);
  json["quartiles"] = numbers({figure.low, figure.high});
  if (!e.limit.empty()) {
    json["limit"] = e.limit;
    if (const auto shares = record.shares(e); !shares.empty())
      json["of_limit"] = rounded(figure_of(shares).median);
  }
  if (!e.reference.empty()) {
    json["reference"] = e.reference;
    if (const auto over = record.over_reference(e); !over.empty())
      json["over_reference"] = rounded(figure_of(over).median);
  }
  json["rounds"] = numbers(e.rounds);
  return json;
}

Entry read_entry(const Json& json) {
  Entry e;
  e.group = json.at("group").get<std::string>();
  e.name = json.at("name").get<std::string>();
  e.size = json.at("size").get<std::string>();
  e.precision = json.at("precision").get<std::string>();
  e.threads = json.at("threads").get<std::size_t>();
  e.unit = json.at("unit").get<std::string>();
  e.bytes = json.at("bytes").get<double>();
  e.set = json.at("set").get<std::size_t>();
  e.limit = json.value("limit", "");
  e.reference = json.value("reference", "");
  e.rounds = json.at("rounds").get<std::vector<double>>();
  return e;
}

}  // namespace

std::string to_json(const Record& record) {
  Json json{{"schema_version", Record::schema_version},
            {"kind", "bench"},
            {"date", record.date},
            {"version", record.version},
            {"command", record.command},
            {"machine", machine_json(record.machine)},
            {"peers", record.peers},
            {"left_out", record.left_out},
            {"errors", record.errors}};
  Json& entries = json["entries"] = Json::array();
  for (const Entry& entry : record.entries) entries.push_back(entry_json(record, entry));
  return json.dump();
}

Record from_json(std::string_view text, const std::string& where) {
  const Json json = Json::parse(text, nullptr, false);
  const std::string expected =
      fmt::format("a record of thalweg bench (schema_version {})", Record::schema_version);
  if (json.is_discarded()) throw input_error(where, "text that is not JSON", expected);
  if (!json.is_object() || !json.contains("kind") || json["kind"] != "bench")
    throw input_error(where, "other JSON", expected);
  if (!json.contains("schema_version") || json["schema_version"] != Record::schema_version)
    throw input_error(
        where,
        "schema_version " + (json.contains("schema_version") ? json["schema_version"].dump() : "missing"),
        expected);
  try {
    Record record;
    record.date = json.at("date").get<std::string>();
    record.version = json.at("version").get<std::string>();
    record.command = json.at("command").get<std::string>();
    record.peers = json.at("peers").get<std::vector<std::string>>();
    record.left_out = json.at("left_out").get<std::vector<std::string>>();
    record.errors = json.at("errors").get<std::vector<std::string>>();
    const Json& m = json.at("machine");
    record.machine = {m.at("processor").get<std::string>(), m.at("caches").get<std::string>(),
                      m.at("isa").get<std::string>(),       m.at("compiler").get<std::string>(),
                      m.at("flags").get<std::string>(),     m.at("huge_pages").get<std::string>(),
                      m.at("threads").get<std::size_t>(),   m.at("memory").get<double>()};
    for (const Json& entry : json.at("entries")) record.entries.push_back(read_entry(entry));
    return record;
  } catch (const Json::exception& error) {
    throw input_error(where, std::string("a field that is missing or of another kind (") + error.what() + ")",
                      expected);
  }
}

}  // namespace thalweg::bench
