#pragma once

// The contract of a schedule's segment: a pure function of k = 0, 1, ..., the number of steps done in the
// segment.
//
//   struct Cosine {
//     std::uint64_t steps = 1000; double final = 0;
//     static constexpr Card card{...};
//     static constexpr std::array formula{...};
//     static std::vector<KeyInfo> keys();
//     double factor(double k) const;   the factor; for k >= steps the final one
//   };
//
// A field `steps` is the segment's length; 0, or no such field, means that it never ends.

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <thalweg/detail/erased.h>

namespace thalweg {
namespace detail {

struct SegmentInfo : ObjectInfo {
  std::vector<Formula> formula;
  double (*factor)(const void* segment, double k) = nullptr;
  double (*length)(const void* segment) = nullptr;  ///< in steps; infinity: never ends
};

template <class Segment>
const SegmentInfo& segment_info() {
  static const SegmentInfo info = [] {
    SegmentInfo made;
    describe<Segment>(made);
    made.formula.assign(Segment::formula.begin(), Segment::formula.end());
    made.factor = [](const void* s, double k) { return static_cast<const Segment*>(s)->factor(k); };
    made.length = [](const void* s) {
      double steps = 0;
      if constexpr (requires(const Segment& x) { x.steps; })
        steps = static_cast<double>(static_cast<const Segment*>(s)->steps);
      return steps > 0 ? steps : std::numeric_limits<double>::infinity();
    };
    return made;
  }();
  return info;
}

}  // namespace detail

/// One piece of a schedule: one of schedules/, or the user's own.
class Segment : public detail::Erased<detail::SegmentInfo> {
 public:
  using Erased::Erased;
  template <class Any>
  requires requires {
    Any::card;
    &Any::factor;
  }
  Segment(const Any& segment)  // NOLINT(google-explicit-constructor): any segment is meant to convert
      : Erased(detail::segment_info<Any>(), std::make_shared<Any>(segment)) {}
};

/// A hyper-parameter over the steps: segments one after the other, each a pure function of the step, so that
/// a resumed run needs no state. The numbers are factors of the hyper-parameter's own value, or with
/// absolute() that value itself. After the last segment its final value stays.
class Schedule {
 public:
  template <class Any>
  requires std::convertible_to<Any, Segment> Schedule(const Any& segment)
      : segments_{Segment(segment)} {  // NOLINT(google-explicit-constructor)
    segments_.back().validate();
  }

  /// This schedule, then `next`. Throws a usage Error where this one never ends.
  [[nodiscard]] Schedule then(const Schedule& next) const;
  /// The same numbers, as values of the hyper-parameter instead of factors.
  [[nodiscard]] Schedule absolute() const;

  /// The value at step t = 1, 2, ... of a hyper-parameter whose own value is `base`.
  [[nodiscard]] double at(double t, double base) const;

  [[nodiscard]] const std::vector<Segment>& segments() const { return segments_; }
  [[nodiscard]] bool is_absolute() const { return absolute_; }
  /// The text that make_schedule reads back: "warmup:steps=500 | cosine:steps=9500".
  [[nodiscard]] std::string text() const;

 private:
  std::vector<Segment> segments_;
  bool absolute_ = false;
};

/// "Then": warmup(500) | cosine(9500).
[[nodiscard]] inline Schedule operator|(const Schedule& first, const Schedule& second) {
  return first.then(second);
}

}  // namespace thalweg
