#include "checkpoint/header.h"

#include <optional>
#include <unordered_set>

#include <nlohmann/json.hpp>

#include <thalweg/error.h>

#include "data/text.h"

namespace thalweg::checkpoint {
namespace {

using data::shown;

std::optional<Dtype> dtype_named(std::string_view name) {
  for (int k = 0; k <= static_cast<int>(Dtype::u64); ++k) {
    if (name == dtype_name(static_cast<Dtype>(k))) return static_cast<Dtype>(k);
  }
  return std::nullopt;
}

/// Follows the parser instead of looking at what it has built: a name that is there twice is seen, and a
/// header of another make takes no memory.
class HeaderReader : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit HeaderReader(const std::string& file) : file_(file) {}

  Header take() { return std::move(header_); }

  bool null() override { refuse("null"); }
  bool boolean(bool value) override { refuse(value ? "true" : "false"); }
  bool number_integer(number_integer_t value) override { refuse(std::to_string(value)); }
  bool number_float(number_float_t /*value*/, const string_t& text) override { refuse(text); }
  bool binary(binary_t& /*value*/) override { refuse("binary data"); }

  bool number_unsigned(number_unsigned_t value) override {
    if (in_ != In::shape && in_ != In::offsets) refuse(std::to_string(value));
    HeaderEntry& entry = header_.entries.back();
    (in_ == In::shape ? entry.tensor.shape : entry.offsets).push_back(value);
    return true;
  }

  bool string(string_t& value) override {
    if (in_ == In::metadata) {
      header_.metadata.emplace(key_, value);
      return true;
    }
    if (in_ != In::tensor || key_ != "dtype") refuse(shown(value));
    const std::optional<Dtype> dtype = dtype_named(value);
    if (!dtype) throw input_error(where(), "the dtype " + shown(value), all_dtypes());
    header_.entries.back().tensor.dtype = *dtype;
    return true;
  }

  bool start_object(std::size_t /*size*/) override {
    if (in_ == In::nothing) {
      in_ = In::header;
    } else if (in_ == In::header && key_ == metadata_name) {
      in_ = In::metadata;
    } else if (in_ == In::header) {
      in_ = In::tensor;
      header_.entries.emplace_back().tensor.name = key_;
      fields_.clear();
    } else {
      refuse("an object");
    }
    return true;
  }

  bool start_array(std::size_t /*size*/) override {
    if (in_ != In::tensor || (key_ != "shape" && key_ != "data_offsets")) refuse("an array");
    in_ = key_ == "shape" ? In::shape : In::offsets;
    return true;
  }

  bool key(string_t& value) override {
    key_ = value;
    if (in_ == In::header) {
      if (!names_.insert(value).second) throw input_error(file_, shown(value) + " twice", "each name once");
    } else if (in_ == In::metadata) {
      if (header_.metadata.contains(value))
        throw input_error(where(), shown(value) + " twice", "each name once");
    } else {
      if (value != "dtype" && value != "shape" && value != "data_offsets")
        throw input_error(where(), "the field " + shown(value), "dtype, shape and data_offsets alone");
      if (!fields_.insert(value).second) throw input_error(where(), value + " twice", "each field once");
    }
    return true;
  }

  bool end_object() override {
    if (in_ == In::tensor) {
      for (const char* field : {"dtype", "shape", "data_offsets"}) {
        if (!fields_.contains(field))
          throw input_error(where(), std::string("no ") + field, "dtype, shape and data_offsets");
      }
    }
    in_ = in_ == In::header ? In::nothing : In::header;
    return true;
  }

  bool end_array() override {
    if (in_ == In::offsets && header_.entries.back().offsets.size() != 2)
      throw input_error(where(), std::to_string(header_.entries.back().offsets.size()) + " data_offsets",
                        "two: where its bytes begin and end");
    in_ = In::tensor;
    return true;
  }

  bool parse_error(std::size_t position, const std::string& /*token*/,
                   const nlohmann::detail::exception& /*error*/) override {
    throw input_error(file_, "broken JSON at byte " + std::to_string(position) + " of the header",
                      "a safetensors file");
  }

 private:
  enum class In { nothing, header, metadata, tensor, shape, offsets };

  [[nodiscard]] std::string where() const {
    return file_ + (in_ == In::metadata ? ", " + std::string(metadata_name)
                                        : ", tensor " + shown(header_.entries.back().tensor.name));
  }

  static std::string all_dtypes() {
    std::string all;
    for (int k = 0; k <= static_cast<int>(Dtype::u64); ++k)
      all += (k == 0 ? "" : ", ") + std::string(dtype_name(static_cast<Dtype>(k)));
    return all;
  }

  [[noreturn]] void refuse(const std::string& found) const {
    if (in_ == In::metadata) throw input_error(where(), found + " as " + shown(key_), "a text");
    if (in_ == In::header || in_ == In::nothing)
      throw input_error(file_, found + " as " + shown(key_), "an object with dtype, shape and data_offsets");
    throw input_error(where(), found + (in_ == In::tensor ? " as " : " in ") + key_,
                      key_ == "dtype" ? "a text: " + all_dtypes() : "an array of whole numbers from 0");
  }

  const std::string& file_;
  Header header_;
  In in_ = In::nothing;
  std::string key_;
  std::unordered_set<std::string> names_, fields_;
};

std::string quoted_text(const std::string& file, const std::string& text) {
  try {
    return nlohmann::json(text).dump();
  } catch (const nlohmann::json::type_error&) {
    throw input_error(file, "text that is not UTF-8 to be written (" + shown(text) + ")", "names in UTF-8");
  }
}

}  // namespace

void check_text(const std::string& path, const std::string& text) {
  static_cast<void>(quoted_text(path, text));
}

Header parse_header(const std::string& file, std::string_view json) {
  HeaderReader reader(file);
  nlohmann::json::sax_parse(json.begin(), json.end(), &reader);
  return reader.take();
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
