#include "checkpoint/header.h"

#include <charconv>
#include <optional>
#include <unordered_set>

#include <thalweg/error.h>

#include "checkpoint/json.h"
#include "files/files.h"

namespace thalweg::checkpoint {
namespace {

using files::shown;

std::optional<Dtype> dtype_named(std::string_view name) {
  for (int k = 0; k <= static_cast<int>(Dtype::u64); ++k) {
    if (name == dtype_name(static_cast<Dtype>(k))) return static_cast<Dtype>(k);
  }
  return std::nullopt;
}

std::string all_dtypes() {
  std::string all;
  for (int k = 0; k <= static_cast<int>(Dtype::u64); ++k)
    all += (k == 0 ? "" : ", ") + std::string(dtype_name(static_cast<Dtype>(k)));
  return all;
}

/// Reads what the format has, and nothing else: a name that is there twice is seen, and a header of another
/// make takes no memory.
class HeaderReader {
 public:
  HeaderReader(const std::string& file, std::string_view json) : file_(file), json_(json) {}

  Header read() {
    json_.expect('{');
    members([&](const std::string& name) {
      if (!names_.insert(name).second) throw input_error(file_, shown(name) + " twice", "each name once");
      if (json_.peek() != '{')
        throw input_error(file_, value_text() + " as " + shown(name),
                          "an object with dtype, shape and data_offsets");
      json_.expect('{');
      if (name == metadata_name)
        read_metadata();
      else
        read_tensor(name);
    });
    json_.end();
    return std::move(header_);
  }

 private:
  /// Calls visit(name) at the value of each member of an object whose brace was taken, to its end.
  template <class Visit>
  void members(const Visit& visit) {
    if (json_.take('}')) return;
    do {
      const std::string name = json_.string();
      json_.expect(':');
      visit(name);
    } while (json_.take(','));
    json_.expect('}');
  }

  /// The coming value as an error shows it.
  std::string value_text() {
    switch (json_.peek()) {
      case '{':
        return "an object";
      case '[':
        return "an array";
      case '"':
        return shown(json_.string());
      case 't':
      case 'f':
      case 'n':
        return std::string(json_.word());
      default:
        return std::string(json_.number());
    }
  }

  void read_metadata() {
    const std::string place = file_ + ", " + std::string(metadata_name);
    members([&](const std::string& name) {
      if (header_.metadata.contains(name)) throw input_error(place, shown(name) + " twice", "each name once");
      if (json_.peek() != '"') throw input_error(place, value_text() + " as " + shown(name), "a text");
      header_.metadata.emplace(name, json_.string());
    });
  }

  void read_tensor(const std::string& name) {
    HeaderEntry entry;
    entry.tensor.name = name;
    const std::string place = file_ + ", tensor " + shown(name);
    std::unordered_set<std::string> fields;
    members([&](const std::string& field) {
      if (field != "dtype" && field != "shape" && field != "data_offsets")
        throw input_error(place, "the field " + shown(field), "dtype, shape and data_offsets alone");
      if (!fields.insert(field).second) throw input_error(place, field + " twice", "each field once");
      if (field == "dtype")
        entry.tensor.dtype = read_dtype(place);
      else
        read_numbers(place, field, field == "shape" ? entry.tensor.shape : entry.offsets);
    });
    for (const char* field : {"dtype", "shape", "data_offsets"}) {
      if (!fields.contains(field))
        throw input_error(place, std::string("no ") + field, "dtype, shape and data_offsets");
    }
    header_.entries.push_back(std::move(entry));
  }

  Dtype read_dtype(const std::string& place) {
    if (json_.peek() != '"') throw input_error(place, value_text() + " as dtype", "a text: " + all_dtypes());
    const std::string name = json_.string();
    if (const std::optional<Dtype> dtype = dtype_named(name)) return *dtype;
    throw input_error(place, "the dtype " + shown(name), all_dtypes());
  }

  void read_numbers(const std::string& place, const std::string& field, std::vector<std::uint64_t>& into) {
    constexpr const char* accepted = "an array of whole numbers from 0";
    if (json_.peek() != '[') throw input_error(place, value_text() + " as " + field, accepted);
    json_.expect('[');
    if (!json_.take(']')) {
      do {
        const std::string text = value_text();
        std::uint64_t value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error != std::errc() || end != text.data() + text.size())
          throw input_error(place, text + " in " + field, accepted);
        into.push_back(value);
      } while (json_.take(','));
      json_.expect(']');
    }
    if (field != "shape" && into.size() != 2)
      throw input_error(place, std::to_string(into.size()) + " data_offsets",
                        "two: where its bytes begin and end");
  }

  const std::string& file_;
  JsonTokens json_;
  Header header_;
  std::unordered_set<std::string> names_;
};

std::string quoted_text(const std::string& file, const std::string& text) {
  std::string quoted = json_quoted(text);
  if (quoted.empty())
    throw input_error(file, "text that is not UTF-8 to be written (" + shown(text) + ")", "names in UTF-8");
  return quoted;
}

}  // namespace

void check_text(const std::string& path, const std::string& text) {
  static_cast<void>(quoted_text(path, text));
}

Header parse_header(const std::string& file, std::string_view json) {
  try {
    return HeaderReader(file, json).read();
  } catch (const BrokenJson& broken) {
    throw input_error(file, "broken JSON at byte " + std::to_string(broken.byte) + " of the header",
                      "a safetensors file");
  }
}

std::string header_json(const std::string& file, const std::vector<Tensor>& tensors,
                        const Metadata& metadata) {
  const auto quoted = [&](const std::string& text) { return quoted_text(file, text); };
  std::string json;
  for (const auto& [name, value] : metadata)
    json += (json.empty() ? "" : ",") + quoted(name) + ":" + quoted(value);
  if (!json.empty()) json = quoted(std::string(metadata_name)) + ":{" + json + "}";
  std::uint64_t at = 0;
  for (const Tensor& tensor : tensors) {
    const std::uint64_t end = at + tensor.bytes.size();
    json += (json.empty() ? "" : ",") + quoted(tensor.name) + R"(:{"dtype":")" + dtype_name(tensor.dtype) +
            R"(","shape":)" + shape_text(tensor.shape) + R"(,"data_offsets":)" + shape_text({at, end}) + "}";
    at = end;
  }
  return "{" + json + "}";
}

}  // namespace thalweg::checkpoint
