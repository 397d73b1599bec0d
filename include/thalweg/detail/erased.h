#pragma once

#include <memory>
#include <string>
#include <vector>

#include <thalweg/error.h>
#include <thalweg/rule.h>

namespace thalweg::detail {

/// What rules, transforms and schedules have in common once their type is forgotten.
struct ObjectInfo {
  Card card{};
  std::vector<KeyInfo> keys;
  std::shared_ptr<void> (*make)() = nullptr;
  std::shared_ptr<void> (*copy)(const void*) = nullptr;
  std::string (*objection)(const void*) = nullptr;

  /// The key of this name, or a usage Error that suggests the nearest.
  [[nodiscard]] const KeyInfo& key(std::string_view name) const;
};

template <class Object>
void describe(ObjectInfo& info) {
  info.card = Object::card;
  info.keys = Object::keys();
  info.make = [] { return std::static_pointer_cast<void>(std::make_shared<Object>()); };
  info.copy = [](const void* o) {
    return std::static_pointer_cast<void>(std::make_shared<Object>(*static_cast<const Object*>(o)));
  };
  info.objection = [](const void* o) -> std::string {
    if constexpr (requires(const Object& x) { x.objection(); })
      return static_cast<const Object*>(o)->objection();
    else
      return {};
  };
}

/// A value of a type that only its Info knows: copies are deep, and access goes through the declared keys.
template <class Info>
class Erased {
 public:
  explicit Erased(const Info& what) : info_(&what), object_(what.make()) {}
  Erased(const Info& what, std::shared_ptr<void> object) : info_(&what), object_(std::move(object)) {}
  Erased(const Erased& other) : info_(other.info_), object_(other.info_->copy(other.object_.get())) {}
  Erased& operator=(const Erased& other) {
    if (this != &other) *this = Erased(other);
    return *this;
  }
  Erased(Erased&&) noexcept = default;
  Erased& operator=(Erased&&) noexcept = default;
  ~Erased() = default;

  [[nodiscard]] const Info& info() const { return *info_; }
  [[nodiscard]] const void* object() const { return object_.get(); }
  [[nodiscard]] std::string name() const { return info_->card.name; }

  /// The value of a key. Throws a usage Error for an unknown key.
  [[nodiscard]] Value get(std::string_view key) const { return info_->key(key).get(object_.get()); }
  /// Sets a key. Throws a usage Error for an unknown key or a value outside of its range.
  void set(std::string_view key, const Value& value) {
    const KeyInfo& known = info_->key(key);
    known.check(info_->card.name, value);
    known.set(object_.get(), value);
  }
  /// Throws a usage Error unless every key is in its range and the keys agree with each other.
  void validate() const {
    for (const auto& known : info_->keys) known.check(info_->card.name, known.get(object_.get()));
    const std::string objection = info_->objection(object_.get());
    if (!objection.empty()) throw usage_error(info_->card.name, text(), objection);
  }
  /// "name:key=value,...": every key that is not at its default.
  [[nodiscard]] std::string text() const {
    const Erased standard(*info_);
    std::string all;
    for (const auto& known : info_->keys) {
      const Value value = known.get(object_.get());
      if (value == known.get(standard.object_.get())) continue;
      all += (all.empty() ? ":" : ",") + known.name + "=" + value_text(value);
    }
    return info_->card.name + all;
  }

 private:
  const Info* info_;
  std::shared_ptr<void> object_;
};

}  // namespace thalweg::detail
