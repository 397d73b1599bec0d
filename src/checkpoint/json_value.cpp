#include "checkpoint/json_value.h"

#include <algorithm>
#include <unordered_set>

#include <thalweg/error.h>

#include "checkpoint/json.h"
#include "files/files.h"

namespace thalweg::checkpoint {
namespace {

using files::shown;

/// Builds the tree; what is too deep is refused before it can take all of the stack.
class Parser {
 public:
  Parser(const std::string& file, std::string_view text) : file_(file), tokens_(text) {}

  JsonValue parse() {
    JsonValue root = value(0);
    tokens_.end();
    return root;
  }

 private:
  JsonValue value(int depth) {
    if (depth > 32)
      throw input_error(file_, "more than 32 levels", "arrays and objects of at most 32 levels");
    JsonValue made;
    switch (tokens_.peek()) {
      case '{':
        object(made, depth);
        break;
      case '[':
        array(made, depth);
        break;
      case '"':
        made.kind = JsonValue::Kind::text;
        made.text = tokens_.string();
        break;
      case 't':
      case 'f':
      case 'n': {
        const std::string_view word = tokens_.word();
        if (word != "null") made.kind = JsonValue::Kind::boolean;
        made.boolean = word == "true";
        break;
      }
      default: {
        const std::string spelled(tokens_.number());
        made.kind = JsonValue::Kind::number;
        if (!parse_number(spelled, made.number))
          throw input_error(file_, "the number " + shown(spelled), "one that a double can hold");
      }
    }
    return made;
  }

  void object(JsonValue& made, int depth) {
    made.kind = JsonValue::Kind::object;
    tokens_.expect('{');
    if (tokens_.take('}')) return;
    std::unordered_set<std::string> known;
    do {
      made.names.push_back(tokens_.string());
      const std::string& name = made.names.back();
      if (!known.insert(name).second) throw input_error(file_, shown(name) + " twice", "each name once");
      tokens_.expect(':');
      made.items.push_back(value(depth + 1));
    } while (tokens_.take(','));
    tokens_.expect('}');
  }

  void array(JsonValue& made, int depth) {
    made.kind = JsonValue::Kind::array;
    tokens_.expect('[');
    if (tokens_.take(']')) return;
    do made.items.push_back(value(depth + 1));
    while (tokens_.take(','));
    tokens_.expect(']');
  }

  const std::string& file_;
  JsonTokens tokens_;
};

}  // namespace

const JsonValue* JsonValue::find(std::string_view name) const {
  const auto found = std::find(names.begin(), names.end(), name);
  return found == names.end() ? nullptr : &items[static_cast<std::size_t>(found - names.begin())];
}

JsonValue parse_json(const std::string& file, std::string_view text) {
  try {
    return Parser(file, text).parse();
  } catch (const BrokenJson& broken) {
    throw input_error(file, "broken JSON at byte " + std::to_string(broken.byte), "a JSON text");
  }
}

std::string found_text(const JsonValue& value) {
  switch (value.kind) {
    case JsonValue::Kind::null:
      return "null";
    case JsonValue::Kind::boolean:
      return value.boolean ? "true" : "false";
    case JsonValue::Kind::number:
      return number_text(value.number);
    case JsonValue::Kind::text:
      return shown(value.text);
    case JsonValue::Kind::array:
      return "an array";
    case JsonValue::Kind::object:
      break;
  }
  return "an object";
}

}  // namespace thalweg::checkpoint
