#include "torch/entries.h"

#include <algorithm>
#include <cmath>

#include "files/files.h"

namespace thalweg::torch {
namespace {

using checkpoint::found_text;
using checkpoint::JsonValue;
using files::shown;

std::string path_of(const std::string& where, const std::string& name) {
  return where.empty() ? name : where + "." + name;
}

}  // namespace

Error Entries::wrong(const std::string& where, const std::string& found, const std::string& accepted) const {
  return input_error(file_ + (where.empty() ? "" : ", " + where), found, accepted);
}

const JsonValue& Entries::member(const Json& object, const std::string& where,
                                 const std::string& name) const {
  if (object.kind != Json::Kind::object) throw wrong(where, found_text(object), "an object");
  if (const Json* const found = object.find(name)) return *found;
  throw wrong(where, "no " + name, "one");
}

const std::string& Entries::text(const Json& object, const std::string& where,
                                 const std::string& name) const {
  const Json& value = member(object, where, name);
  if (value.kind != Json::Kind::text) throw wrong(path_of(where, name), found_text(value), "a text");
  return value.text;
}

const std::vector<JsonValue>& Entries::array(const Json& object, const std::string& where,
                                             const std::string& name) const {
  const Json& value = member(object, where, name);
  if (value.kind != Json::Kind::array) throw wrong(path_of(where, name), found_text(value), "an array");
  return value.items;
}

const JsonValue& Entries::object(const Json& object, const std::string& where,
                                 const std::string& name) const {
  const Json& value = member(object, where, name);
  if (value.kind != Json::Kind::object) throw wrong(path_of(where, name), found_text(value), "an object");
  return value;
}

double Entries::number_or(const Json& object, const std::string& where, const std::string& name,
                          double missing) const {
  const Json* const value = object.find(name);
  if (value == nullptr) return missing;
  if (value->kind == Json::Kind::boolean) return value->boolean ? 1 : 0;
  return number(*value, path_of(where, name), any_number());
}

double Entries::number(const Json& value, const std::string& where, const Range& range) const {
  if (value.kind != Json::Kind::number) throw wrong(where, found_text(value), "a number");
  if (!range.contains(value.number)) throw wrong(where, found_text(value), range.text());
  return value.number;
}

double Entries::count(const Json& value, const std::string& where) const {
  const bool whole = value.kind == Json::Kind::number && std::floor(value.number) == value.number;
  if (!whole || value.number < 0 || value.number > 0x1p53)
    throw wrong(where, found_text(value), "a whole number from 0 to 2^53");
  return value.number;
}

const JsonValue& Entries::item(const Json& value, const std::string& where, int place,
                               std::size_t size) const {
  if (value.kind != Json::Kind::array || value.items.size() != size)
    throw wrong(where, found_text(value), "an array of " + std::to_string(size));
  return value.items[static_cast<std::size_t>(place)];
}

void Entries::set(AnyRule& rule, const std::string& key, const Json& value, const std::string& where) const {
  try {
    if (rule.info().key(key).kind == KeyInfo::Kind::flag) {
      if (value.kind != Json::Kind::boolean) throw wrong(where, found_text(value), "true or false");
      rule.set(key, value.boolean);
    } else {
      rule.set(key, number(value, where, any_number()));
    }
  } catch (const Error& error) {
    if (error.kind == Error::Kind::input) throw;
    const std::string must = "must be ";
    const bool begins = error.constraint.compare(0, must.size(), must) == 0;
    throw wrong(where, error.value,
                error.constraint.substr(begins ? must.size() : 0) + ", as " + key + " of " + rule.name());
  }
}

void Entries::must_be(const Json& object, const std::string& where, const std::string& name,
                      bool value) const {
  const Json* const found = object.find(name);
  if (found == nullptr || (found->kind == Json::Kind::boolean && found->boolean == value)) return;
  throw wrong(path_of(where, name), found_text(*found), value ? "true" : "false");
}

void Entries::only(const Json& object, const std::string& where,
                   const std::vector<std::string>& known) const {
  if (object.kind != Json::Kind::object) throw wrong(where, found_text(object), "an object");
  for (const std::string& own : object.names) {
    if (std::find(known.begin(), known.end(), own) != known.end()) continue;
    std::string all;
    for (const std::string& name : known) all += (all.empty() ? "" : ", ") + name;
    throw wrong(where, "an entry " + shown(own), all.empty() ? "none" : all);
  }
}

}  // namespace thalweg::torch
