// Reading a checkpoint as it lies in a file, without an optimizer.

#include "engine/checkpoint.h"

#include <charconv>
#include <cmath>
#include <cstring>
#include <unordered_set>

#include <thalweg/error.h>
#include <thalweg/sparse.h>

#include "files/files.h"

namespace thalweg {
namespace {

using checkpoint::Dtype;
using checkpoint::TensorFile;
using files::shown;

constexpr const char* a_checkpoint = "a checkpoint that Optimizer::save() has written";

/// Reads entries of the metadata, with the file's name in every error.
class Entries {
 public:
  explicit Entries(const TensorFile& file) : file_(file) {}

  [[nodiscard]] const std::string* find(const std::string& key) const {
    const auto found = file_.metadata().find(key);
    return found == file_.metadata().end() ? nullptr : &found->second;
  }
  [[nodiscard]] const std::string& text(const std::string& key) const {
    const std::string* const value = find(key);
    if (value == nullptr) throw input_error(file_.name(), "no " + key + " in __metadata__", a_checkpoint);
    return *value;
  }
  [[nodiscard]] std::uint64_t count(const std::string& key) const {
    const std::string& value = text(key);
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc() || end != value.data() + value.size())
      throw wrong(key, "a whole number from 0, of at most 64 bits");
    return number;
  }
  [[nodiscard]] double number(const std::string& key) const {
    double value = 0;
    if (!parse_number(text(key), value)) throw wrong(key, "a number");
    return value;
  }
  [[nodiscard]] Error wrong(const std::string& key, const std::string& accepted) const {
    return input_error(file_.name(), key + " " + shown(text(key)) + " in __metadata__", accepted);
  }
  /// Calls visit(rest of the name, name) for all entries whose names begin so.
  template <class Visit>
  void each(const std::string& prefix, const Visit& visit) const {
    const auto& all = file_.metadata();
    for (auto entry = all.lower_bound(prefix); entry != all.end(); ++entry) {
      if (entry->first.compare(0, prefix.size(), prefix) != 0) return;
      visit(entry->first.substr(prefix.size()), entry->first);
    }
  }

 private:
  const TensorFile& file_;
};

void check_format(const TensorFile& file) {
  const Entries entries(file);
  const std::string* const format = entries.find("format");
  if (format == nullptr || *format != checkpoint_format)
    throw input_error(file.name(), "a safetensors file that is no checkpoint of thalweg", a_checkpoint);
  const std::uint64_t version = entries.count("format_version");
  const std::string* const writer = entries.find("thalweg_version");
  if (version > checkpoint_version)
    throw input_error(file.name(),
                      "format version " + std::to_string(version) + " of a newer thalweg (" +
                          (writer == nullptr ? "?" : *writer) + ")",
                      "version " + std::to_string(checkpoint_version) + " or older, as this one writes");
  if (version == 0) throw entries.wrong("format_version", "a version from 1");
}

/// The numbers of an array of double.
std::vector<double> numbers_of(const TensorFile& file, const std::string& name) {
  const checkpoint::Tensor& array = file.at(name);
  return file.numbers<double>(name, {array.bytes.size() / sizeof(double)});
}

}  // namespace

checkpoint::Dtype dtype_of(Precision precision) {
  switch (precision) {
    case Precision::float32:
      return Dtype::f32;
    case Precision::float64:
      return Dtype::f64;
    case Precision::bfloat16:
      return Dtype::bf16;
    case Precision::float16:
      break;
  }
  return Dtype::f16;
}

checkpoint::Dtype dtype_of(StateType type) {
  return type == StateType::float64    ? Dtype::f64
         : type == StateType::bfloat16 ? Dtype::bf16
         : type == StateType::int8     ? Dtype::u8
                                       : Dtype::f32;
}

std::optional<Precision> precision_of(Dtype dtype) {
  switch (dtype) {
    case Dtype::f32:
      return Precision::float32;
    case Dtype::f64:
      return Precision::float64;
    case Dtype::bf16:
      return Precision::bfloat16;
    case Dtype::f16:
      return Precision::float16;
    default:
      return std::nullopt;
  }
}

std::string rounding_text(const Storage& storage) {
  return storage.rounding == Rounding::nearest ? "nearest"
                                               : "stochastic, seed " + std::to_string(storage.seed);
}

std::string sparse_text(const SparseOptions& sparse) {
  constexpr const char* names[] = {"made_up", "left", "scaled"};
  return "block " + std::to_string(sparse.block) + ", skipped " +
         names[static_cast<std::size_t>(sparse.skipped)];
}

Checkpoint::Contents::Contents(checkpoint::TensorFile from) : file(std::move(from)) {
  check_format(file);
  const Entries entries(file);
  steps = entries.count("steps");
  rounding = entries.text("rounding");
  loss_scale = entries.number("loss_scale");
  if (!(loss_scale > 0 && std::isfinite(loss_scale)))
    throw entries.wrong("loss_scale", "a finite number over 0");
  last_norm = entries.number("last_norm");
  if (entries.find("clipped") != nullptr) clipped = entries.count("clipped");
  if (entries.find("skipped") != nullptr) {
    skipped = entries.count("skipped");
    last_skipped.emplace(
        NonFiniteEntry{entries.text("last_skipped.tensor"), entries.count("last_skipped.index"),
                       entries.number("last_skipped.value"), entries.count("last_skipped.step"),
                       entries.count("last_skipped.last"), entries.number("last_skipped.last_largest"),
                       entries.number("last_skipped.last_norm")});
  }
  entries.each("schedule.",
               [&](const std::string& key, const std::string& name) { schedules[key] = entries.text(name); });
  entries.each("scale.",
               [&](const std::string& key, const std::string& name) { scales[key] = entries.number(name); });
  for (;;) {
    const std::string* const text = entries.find("transform." + std::to_string(transforms.size()));
    if (text == nullptr) break;
    transforms.push_back(*text);
  }
  for (;;) {
    const std::string name = "group." + std::to_string(groups.size());
    if (entries.find(name + ".rule") == nullptr) break;
    Group group{entries.text(name + ".rule"), entries.count(name + ".joined"), {}};
    if (group.joined > steps) throw entries.wrong(name + ".joined", "at most " + std::to_string(steps));
    const std::string array = stored::carried(groups.size());
    if (file.find(array) != nullptr) group.carried = numbers_of(file, array);
    groups.push_back(std::move(group));
  }
  if (groups.empty() || groups.front().joined != 0)
    throw input_error(file.name(), "no group.0 that joined at step 0 in __metadata__", a_checkpoint);
  std::unordered_set<std::string> names;
  for (;;) {
    const std::string name = "tensor." + std::to_string(tensors.size());
    if (entries.find(name + ".name") == nullptr) break;
    const std::string* const sparse = entries.find(name + ".sparse");
    Tensor tensor{entries.text(name + ".name"), sparse == nullptr ? "" : *sparse,
                  entries.count(name + ".group")};
    if (tensor.group >= groups.size())
      throw entries.wrong(name + ".group", "one of " + std::to_string(groups.size()) + ", from 0");
    if (!names.insert(tensor.name).second) throw entries.wrong(name + ".name", "each name once");
    static_cast<void>(file.at(stored::parameter(tensor.name)));
    tensors.push_back(std::move(tensor));
  }
  entries.each("note.", [&](const std::string& key, const std::string& name) {
    notes.texts[key] = entries.text(name);
  });
  for (const checkpoint::Tensor& array : file.tensors()) {
    if (array.name.compare(0, 5, "note.") == 0)
      notes.numbers[array.name.substr(5)] = numbers_of(file, array.name);
  }
}

Checkpoint::Checkpoint(const std::string& path) {
  std::string bytes = files::read_bytes(path);
  const checkpoint::Checksum sum = checkpoint::checksum_of(path, bytes);
  if (sum == checkpoint::Checksum::broken)
    throw input_error(path, "bytes that do not agree with their checksum",
                      "the file as it was written: it is damaged or cut off");
  TensorFile file(path, std::move(bytes));
  check_format(file);
  if (sum == checkpoint::Checksum::none) throw input_error(path, "no checksum in __metadata__", a_checkpoint);
  contents_ = std::make_shared<const Contents>(std::move(file));
}

const std::string& Checkpoint::path() const { return contents_->file.name(); }
const Notes& Checkpoint::notes() const { return contents_->notes; }
std::uint64_t Checkpoint::steps() const { return contents_->steps; }
const std::string& Checkpoint::rule() const { return contents_->groups.front().rule; }

}  // namespace thalweg
