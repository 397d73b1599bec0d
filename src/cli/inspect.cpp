// thalweg inspect: what a safetensors file holds.

#include <cmath>
#include <cstring>
#include <limits>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <thalweg/error.h>
#include <thalweg/number.h>

#include "checkpoint/tensor_file.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/table.h"
#include "cli/text.h"
#include "files/files.h"

namespace thalweg::cli {
namespace {

using checkpoint::Checksum;
using checkpoint::Dtype;
using checkpoint::Tensor;
using checkpoint::TensorFile;
using Json = nlohmann::ordered_json;

/// Of the numbers of a tensor that are finite.
struct Summary {
  double smallest = std::numeric_limits<double>::infinity(), largest = -smallest, squares = 0;
  std::size_t finite = 0, others = 0;

  void take(double x) {
    if (!std::isfinite(x)) {
      ++others;
      return;
    }
    ++finite;
    smallest = std::min(smallest, x);
    largest = std::max(largest, x);
    squares += x * x;
  }
  [[nodiscard]] double norm() const { return std::sqrt(squares); }
};

template <class T>
Summary summary_of(std::string_view bytes) {
  Summary summary;
  for (std::size_t at = 0; at < bytes.size(); at += sizeof(T)) {
    T number;
    std::memcpy(&number, bytes.data() + at, sizeof number);
    summary.take(static_cast<double>(number));
  }
  return summary;
}

/// Nothing for the types of 8 bits that the program does not compute with.
std::optional<Summary> summary_of(const Tensor& tensor) {
  switch (tensor.dtype) {
    case Dtype::f32:
      return summary_of<float>(tensor.bytes);
    case Dtype::f64:
      return summary_of<double>(tensor.bytes);
    case Dtype::bf16:
      return summary_of<bfloat16>(tensor.bytes);
    case Dtype::f16:
      return summary_of<float16>(tensor.bytes);
    case Dtype::boolean:
    case Dtype::u8:
      return summary_of<std::uint8_t>(tensor.bytes);
    case Dtype::i8:
      return summary_of<std::int8_t>(tensor.bytes);
    case Dtype::u16:
      return summary_of<std::uint16_t>(tensor.bytes);
    case Dtype::i16:
      return summary_of<std::int16_t>(tensor.bytes);
    case Dtype::u32:
      return summary_of<std::uint32_t>(tensor.bytes);
    case Dtype::i32:
      return summary_of<std::int32_t>(tensor.bytes);
    case Dtype::u64:
      return summary_of<std::uint64_t>(tensor.bytes);
    case Dtype::i64:
      return summary_of<std::int64_t>(tensor.bytes);
    case Dtype::f8_e5m2:
    case Dtype::f8_e4m3:
      break;
  }
  return std::nullopt;
}

const char* checksum_text(Checksum sum) {
  return sum == Checksum::holds ? "holds" : sum == Checksum::broken ? "broken" : "none";
}

/// Names and texts of a file may hold anything: on a terminal they stay on their line.
std::string on_one_line(std::string text) {
  for (char& c : text) c = static_cast<unsigned char>(c) < 32 || c == 127 ? '?' : c;
  return text;
}

std::string kind_of(const TensorFile& file) {
  const auto format = file.metadata().find("format");
  if (format == file.metadata().end()) return "tensors";
  if (format->second == "thalweg.checkpoint") return "checkpoint";
  return format->second == "thalweg.model" ? "model" : "tensors";
}

class Inspect : public Command {
 public:
  About about() const override {
    return {
        "inspect",
        "show what a checkpoint, a model or any safetensors file holds",
        "The entries of its metadata (rule, steps, schedules, versions, settings of the run), and each "
        "tensor "
        "with its type, shape, and the smallest and largest of its finite numbers and their Euclidean norm. "
        "Exits with 3 if the file is no safetensors file, or its checksum is broken.",
        {{"inspect run/step-000000000500.safetensors", "A checkpoint of a training:"},
         {"inspect iris.model --json", "For machines:"}}};
  }

  void declare(Arguments& a) override {
    a.text("FILE", "FILE", path_, "a safetensors file");
    a.required();
  }

  int run(const Session& session) override {
    std::string bytes = files::read_bytes(path_);
    const std::size_t size = bytes.size();
    const Checksum sum = checkpoint::checksum_of(path_, bytes);
    const TensorFile file(path_, std::move(bytes));
    if (session.options.json)
      fmt::print("{}\n", json_of(file, size, sum).dump());
    else
      print(session, file, size, sum);
    if (sum != Checksum::broken) return Exit::done;
    std::fflush(stdout);
    throw input_error(path_, "bytes that do not agree with their checksum",
                      "the file as it was written: it is damaged or cut off");
  }

 private:
  static Json json_of(const TensorFile& file, std::size_t size, Checksum sum) {
    Json json{
        {"file", file.name()}, {"kind", kind_of(file)}, {"bytes", size}, {"checksum", checksum_text(sum)}};
    json["metadata"] = Json::object();
    for (const auto& [key, text] : file.metadata()) json["metadata"][key] = text;
    json["tensors"] = Json::array();
    for (const Tensor& tensor : file.tensors()) {
      Json one{
          {"name", tensor.name}, {"type", checkpoint::dtype_name(tensor.dtype)}, {"shape", tensor.shape}};
      const std::optional<Summary> s = summary_of(tensor);
      const bool any = s && s->finite > 0;
      one["min"] = any ? Json(s->smallest) : Json();
      one["max"] = any ? Json(s->largest) : Json();
      one["norm"] = s ? Json(s->norm()) : Json();
      one["not_finite"] = s ? Json(s->others) : Json();
      json["tensors"].push_back(std::move(one));
    }
    return json;
  }

  static void print(const Session& session, const TensorFile& file, std::size_t size, Checksum sum) {
    fmt::print("{}", paragraph(fmt::format("{}: {}, {} bytes, {} tensors; checksum: {}",
                                           session.terminal.bold(on_one_line(file.name())), kind_of(file),
                                           size, file.tensors().size(), checksum_text(sum)),
                               session.terminal.width));
    Table entries({{.style = Table::Style::accent}, {}});
    for (const auto& [key, text] : file.metadata()) entries.add({on_one_line(key), on_one_line(text)});
    if (!entries.empty()) fmt::print("\n{}", entries.text(session.terminal));
    Table tensors({{.title = "tensor", .style = Table::Style::accent},
                   {.title = "type"},
                   {.title = "shape"},
                   {.title = "min", .right = true},
                   {.title = "max", .right = true},
                   {.title = "norm", .right = true}});
    for (const Tensor& tensor : file.tensors()) {
      const std::optional<Summary> s = summary_of(tensor);
      const bool any = s && s->finite > 0;
      std::string norm = s ? short_number(s->norm(), 5) : "";
      if (s && s->others > 0) norm += fmt::format(" ({} not finite)", s->others);
      tensors.add({on_one_line(tensor.name), checkpoint::dtype_name(tensor.dtype),
                   checkpoint::shape_text(tensor.shape), any ? short_number(s->smallest, 5) : "",
                   any ? short_number(s->largest, 5) : "", norm});
    }
    if (!tensors.empty()) fmt::print("\n{}", tensors.text(session.terminal));
  }

  std::string path_;
};

}  // namespace

std::unique_ptr<Command> inspect_command() { return std::make_unique<Inspect>(); }

}  // namespace thalweg::cli
