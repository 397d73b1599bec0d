// Whether a checkpoint fits an optimizer, and all that stands between them.

#include <algorithm>
#include <cmath>
#include <cstring>
#include <unordered_set>

#include "engine/blockwise.h"
#include "engine/checkpoint.h"
#include "engine/engine.h"
#include "files/files.h"

namespace thalweg {
namespace {

using Array = checkpoint::Tensor;
using checkpoint::Dtype;
using files::shown;

const char* type_name(Dtype dtype) {
  switch (dtype) {
    case Dtype::f32:
      return "float32";
    case Dtype::f64:
      return "float64";
    case Dtype::bf16:
      return "bfloat16";
    case Dtype::f16:
      return "float16";
    case Dtype::u8:
      return "int8";
    default:
      return checkpoint::dtype_name(dtype);
  }
}

std::string counted(std::size_t size) {
  return std::to_string(size) + (size == 1 ? " parameter" : " parameters");
}

}  // namespace

/// Compares a checkpoint with an optimizer, and says all that stands between them.
class Optimizer::Engine::Comparison {
 public:
  Comparison(Engine& engine, const Checkpoint::Contents& contents, const LoadOptions& options)
      : engine_(engine), contents_(contents), options_(options) {}

  void check() {
    const std::string& rule = contents_.groups.front().rule;
    const std::string name = rule.substr(0, rule.find(':'));
    if (name != engine_.rule().name()) {
      refuse("a checkpoint of " + name + " (" + engine_.rule().name() + " here)");
    } else {
      setting(rule, engine_.groups_.front().text, "");
      check_carried();
    }
    check_settings();
    check_tensors(name == engine_.rule().name());
    if (found_.empty()) return;
    std::string accepted = "what this optimizer has";
    if (converts_) accepted += "; LoadOptions{.convert = true} rounds numbers to the types here";
    if (settings_) accepted += "; LoadOptions{.own_settings = true} takes the settings here";
    throw input_error(contents_.file.name(), found_, accepted);
  }

 private:
  void refuse(const std::string& what) { found_ += (found_.empty() ? "" : "; ") + what; }

  void convert(const std::string& what) {
    if (options_.convert) return;
    converts_ = true;
    refuse(what);
  }

  void setting(const std::string& there, const std::string& here, const std::string& of) {
    if (there == here || options_.own_settings) return;
    settings_ = true;
    refuse(of + (there.empty() ? "nothing" : there) + " (" + (here.empty() ? "nothing" : here) + " here)");
  }

  void check_carried() {
    const std::size_t count = engine_.rule().info().carried.size();
    for (std::size_t k = 0; k < contents_.groups.size(); ++k) {
      if (contents_.groups[k].carried.size() != count)
        refuse(std::to_string(contents_.groups[k].carried.size()) + " numbers in " + stored::carried(k) +
               " (" + std::to_string(count) + " here)");
    }
  }

  void check_settings() {
    std::map<std::string, std::string> schedules;
    for (const auto& [key, schedule] : engine_.schedules_) schedules[key] = schedule.text();
    for (const auto& [key, text] : contents_.schedules)
      setting(text, schedules[key], "schedule of " + key + ": ");
    for (const auto& [key, text] : schedules) {
      if (!contents_.schedules.contains(key)) setting("", text, "schedule of " + key + ": ");
    }
    std::vector<std::string> transforms;
    for (std::size_t k = engine_.unscales_ ? 1 : 0; k < engine_.transforms_.size(); ++k)
      transforms.push_back(engine_.transforms_[k].text());
    const std::size_t most = std::max(transforms.size(), contents_.transforms.size());
    for (std::size_t k = 0; k < most; ++k) {
      setting(k < contents_.transforms.size() ? contents_.transforms[k] : "",
              k < transforms.size() ? transforms[k] : "", "transform " + std::to_string(k + 1) + ": ");
    }
    setting(contents_.rounding, rounding_text(engine_.storage_), "rounding: ");
    check_factors();
  }

  /// What scale() was given has to fit the rule here, and its schedules.
  void check_factors() {
    try {
      for (const auto& factor : contents_.scales) engine_.check_number(factor.first);
      engine_.at_last_step(contents_, [&] {
        for (const Group& group : engine_.groups_) {
          AnyRule now = group.own;
          engine_.follow_schedules(group, now);
        }
      });
    } catch (const Error& error) {
      refuse(std::string("a factor that does not fit (") + error.what() + ")");
    }
  }

  void check_tensors(bool with_state) {
    std::size_t known = 0;
    std::vector<std::string> order_there, order_here;
    std::unordered_set<std::string_view> names;
    for (const Checkpoint::Contents::Tensor& tensor : contents_.tensors) {
      names.insert(tensor.name);
      const auto here = engine_.by_name_.find(tensor.name);
      if (here == engine_.by_name_.end()) {
        const Array& array = contents_.file.at(stored::parameter(tensor.name));
        refuse("tensor " + shown(tensor.name) + " of " +
               counted(array.bytes.size() / checkpoint::dtype_size(array.dtype)) + ", which is not here");
        continue;
      }
      ++known;
      order_there.push_back(tensor.name);
      check_tensor(tensor, engine_.tensors_[here->second], with_state);
    }
    for (const Tensor& tensor : engine_.tensors_) {
      if (names.contains(tensor.rare->name))
        order_here.push_back(tensor.rare->name);
      else
        refuse("no tensor " + shown(tensor.rare->name) + " of " + counted(tensor.view.size));
    }
    if (known != engine_.tensors_.size() || known != contents_.tensors.size()) return;
    for (std::size_t k = 0; k < known; ++k) {
      if (order_there[k] == order_here[k]) continue;
      setting(shown(order_there[k]), shown(order_here[k]), "tensor " + std::to_string(k) + ": ");
      break;
    }
    if (with_state && found_.empty()) check_rest();
  }

  void check_tensor(const Checkpoint::Contents::Tensor& there, const Tensor& here, bool with_state) {
    const std::string name = "tensor " + shown(there.name);
    const Array& array = contents_.file.at(stored::parameter(there.name));
    const std::size_t size = array.bytes.size() / checkpoint::dtype_size(array.dtype);
    if (size != here.view.size) {
      refuse(name + " of " + counted(size) + " (" + std::to_string(here.view.size) + " here)");
      return;
    }
    if (there.sparse.empty() != !here.rare->table) {
      refuse(name + ", which is " + (there.sparse.empty() ? "dense (sparse" : "sparse (dense") + " here)");
      return;
    }
    if (here.rare->table) setting(there.sparse, sparse_text(here.rare->table->options), name + ": ");
    if (array.dtype != dtype_of(here.view.precision)) {
      if (!precision_of(array.dtype))
        refuse(name + " in " + type_name(array.dtype));
      else
        convert(name + " in " + type_name(array.dtype) + " (" + precision_name(here.view.precision) +
                " here)");
    }
    if (!with_state) return;
    setting(contents_.groups[there.group].rule, engine_.groups_[here.group].text, name + ": ");
    used_.push_back(stored::parameter(there.name));
    check_master(there.name, here);
    check_slots(there, here);
  }

  void check_master(const std::string& tensor, const Tensor& here) {
    const Array* const master = use(stored::master(tensor), here.view.size);
    if (master != nullptr && master->dtype != Dtype::f32)
      refuse(master->name + " in " + type_name(master->dtype));
    if ((master != nullptr) == here.has_master) return;
    convert("tensor " + shown(tensor) +
            (master != nullptr ? " with a copy in float32 (none here)"
                               : " without a copy in float32 (there is one here)"));
  }

  void check_slots(const Checkpoint::Contents::Tensor& there, const Tensor& here) {
    const std::size_t size = here.view.size;
    const Group& group = engine_.groups_[here.group];
    const State& state = group.state(here.compute);
    const bool fresh = here.rare->table && contents_.groups[there.group].joined == contents_.steps;
    if (here.rare->table) {
      if (const Array* const marks = use(stored::touched(there.name), size);
          marks != nullptr && marks->dtype != Dtype::u8)
        refuse(marks->name + " in " + type_name(marks->dtype));
      check_records(there.name, here);
    }
    for (std::size_t row = 0; row < group.variant().slots.size() && !fresh; ++row) {
      const std::string slot = group.own.info().slots[group.variant().slots[row]].name;
      const Array* const array = use(stored::slot(slot, there.name), size);
      if (array == nullptr) {
        refuse("no " + slot + " of tensor " + shown(there.name));
        continue;
      }
      if (array->dtype == Dtype::u8) {
        const Array* const scales = use(stored::scales(slot, there.name), block_count(size));
        if (scales == nullptr || scales->dtype != Dtype::f32)
          refuse("no scales of " + slot + " of tensor " + shown(there.name) + " in float32");
      } else if (!precision_of(array->dtype)) {
        refuse(array->name + " in " + type_name(array->dtype));
        continue;
      }
      const Dtype kept = here.rare->table ? dtype_of(here.compute) : dtype_of(state.type(row));
      if (array->dtype != kept)
        convert(slot + " of tensor " + shown(there.name) + " in " + type_name(array->dtype) + " (" +
                type_name(kept) + " here)");
    }
  }

  /// Records that are parameters over a number.
  void check_records(const std::string& tensor, const Tensor& here) {
    const Array* const records = use(stored::records(tensor), here.view.size);
    const Array* const factor = use(stored::factor(tensor), 1);
    if ((records == nullptr) != (factor == nullptr))
      refuse("no " + (records == nullptr ? stored::records(tensor) : stored::factor(tensor)));
    if (records != nullptr && records->dtype != Dtype::f32 && records->dtype != Dtype::f64)
      refuse(records->name + " in " + type_name(records->dtype));
    if (factor == nullptr || factor->bytes.size() != sizeof(double)) return;
    double number = 0;
    std::memcpy(&number, factor->bytes.data(), sizeof number);
    if (factor->dtype != Dtype::f64 || !std::isfinite(number) || number == 0)
      refuse(factor->name + ", which is " +
             (factor->dtype == Dtype::f64 ? number_text(number) : "no float64"));
  }

  /// The array of this name, if there is one; of another size it is refused.
  const Array* use(const std::string& name, std::size_t size) {
    const Array* const array = contents_.file.find(name);
    if (array == nullptr) return nullptr;
    used_.push_back(name);
    const std::size_t count = array->bytes.size() / checkpoint::dtype_size(array->dtype);
    if (count != size)
      refuse(name + " of " + std::to_string(count) + " numbers (" + std::to_string(size) + " here)");
    return array;
  }

  /// What nothing here would take.
  void check_rest() {
    std::sort(used_.begin(), used_.end());
    for (const Array& array : contents_.file.tensors()) {
      const bool own = array.name.compare(0, 5, "note.") == 0 || array.name.compare(0, 8, "carried.") == 0;
      if (!own && !std::binary_search(used_.begin(), used_.end(), array.name))
        refuse("an array " + shown(array.name) + ", which nothing here takes");
    }
  }

  Engine& engine_;
  const Checkpoint::Contents& contents_;
  const LoadOptions& options_;
  std::string found_;
  bool converts_ = false, settings_ = false;
  std::vector<std::string> used_;
};

void Optimizer::Engine::check_fit(const Checkpoint::Contents& contents, const LoadOptions& options) {
  Comparison(*this, contents, options).check();
}

}  // namespace thalweg
