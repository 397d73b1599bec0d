#pragma once

#include <array>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <thalweg/optimizer.h>
#include <thalweg/thread_pool.h>

#include "engine/state.h"
#include "engine/table.h"

namespace thalweg {
namespace checkpoint {
class TensorFile;
}

constexpr std::size_t element_size(Precision p) {
  return p == Precision::float64 ? sizeof(double) : p == Precision::float32 ? sizeof(float) : 2;
}

/// The key of this name if the rule has it and it is a number, or null.
[[nodiscard]] const KeyInfo* number_key(const AnyRule& rule, std::string_view key);

/// The coefficients of one step, in both types that rules compute in.
struct CoefficientSet {
  std::vector<double> float64;
  std::vector<float> float32;

  void resize(std::size_t count) {
    float64.resize(count);
    float32.resize(count);
  }
  /// Rounds what was written to float64.
  void round() {
    for (std::size_t i = 0; i < float64.size(); ++i) float32[i] = static_cast<float>(float64[i]);
  }
  [[nodiscard]] const void* in(Precision p) const {
    return p == Precision::float32 ? static_cast<const void*>(float32.data()) : float64.data();
  }
};

class Optimizer::Engine {
 public:
  Engine(const AnyRule& rule, const Storage& storage, const Execution& execution);

  void add(const std::string& name, const ParameterView& view, const GroupOptions& options,
           const SparseOptions* sparse = nullptr);
  void grow(std::size_t index, const ParameterView& view, std::size_t block);
  void schedule(const std::string& key, const Schedule& schedule);
  void scale(const std::string& key, double factor);
  void loss_scale(double scale);
  void non_finite(NonFinite policy);
  void transform(const AnyTransform& transform);
  void step(const Gradients& gradients);
  void begin_step();
  void step_tensor(std::size_t index, const GradientView& gradient);
  void step_tensor(std::size_t index, const SparseGradient& gradient);
  void step_tensor(std::size_t index, const SparseRows& gradient);
  struct Fetched {
    const void* data;
    std::size_t count;
  };
  [[nodiscard]] Fetched fetch(std::size_t index, std::span<const std::uint32_t> indices, Precision precision);
  [[nodiscard]] Fetched fetch(std::size_t index, const DistinctIndices& indices, Precision precision);
  [[nodiscard]] Fetched fetch(std::size_t index, const IncreasingIndices& indices, Precision precision);
  void step_fetched(std::size_t index, const GradientView& values);
  void step_fetched(std::span<const GradientView> gradients);
  Prefetch& prefetch(std::size_t index, std::span<const std::uint32_t> indices);
  void settle();
  void end_step();
  void cancel_step();
  void look_ahead();
  void come_back();
  void save(const std::string& path, const Notes& notes);
  void load(const Checkpoint::Contents& contents, const LoadOptions& options);

  [[nodiscard]] bool looks_ahead() const;
  [[nodiscard]] double value(std::string_view key, std::string_view tensor) const;
  [[nodiscard]] double carried(std::string_view name, std::string_view tensor) const;
  [[nodiscard]] double rate(std::string_view tensor) const;
  [[nodiscard]] const void* slot(std::string_view tensor, std::string_view slot, Precision precision,
                                 std::size_t& size) const;
  [[nodiscard]] std::vector<double> slot_values(std::string_view tensor, std::string_view slot) const;
  [[nodiscard]] std::uint64_t steps() const { return steps_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t tensors() const { return tensors_.size(); }
  [[nodiscard]] const AnyRule& rule() const { return groups_.front().own; }
  [[nodiscard]] double last_norm() const { return last_norm_; }
  [[nodiscard]] double loss_scale() const;
  [[nodiscard]] std::uint64_t skipped() const { return skipped_; }
  [[nodiscard]] const std::optional<NonFiniteEntry>& last_skipped() const { return last_skipped_; }
  [[nodiscard]] std::uint64_t clipped() const;
  [[nodiscard]] Isa isa() const { return isa_; }

 private:
  static constexpr std::size_t max_slots = 16;
  static constexpr std::size_t block_size = 8192;  ///< of a reduction; large, so that few sums are added up
  using Slots = std::array<void*, max_slots>;

  /// One transform in front of a group's rule, for the coming step.
  struct Stage {
    const AnyTransform* transform;
    const detail::TransformInfo* info;
    std::uint64_t seed;
    CoefficientSet coefficients;
  };
  /// What all steps from the `first`th on, to the next such, did to parameters without a gradient.
  struct Run {
    std::uint64_t first;
    CoefficientSet coefficients, before;
    bool prepares, penalizes;
  };
  /// Parameters that share hyper-parameters and the step at which they joined.
  struct Group {
    Group(const AnyRule& rule, const Storage& storage, std::uint64_t joined_at);

    AnyRule own, now;      ///< as given, and as scheduled for the coming step
    std::string text;      ///< of `own`: tensors with the same options share a group
    std::uint64_t joined;  ///< steps done before it joined
    std::size_t form;
    const KeyInfo* lr;                 ///< or null, as the next
    const KeyInfo *l2, *weight_decay;  ///< become transforms around the rule, unless it decays itself
    std::array<double, 2> pulls{};     ///< both, as they were when
    std::vector<AnyTransform> around;  ///< these transforms were made
    CoefficientSet coefficients;
    std::vector<double> carry;  ///< of a rule that measures: used in the first group only, for all
    std::vector<Stage> stages;  ///< of the optimizer's transforms, then of `around`
    CoefficientSet before;      ///< the stages as a Prepared has them, if it can
    bool prepares = false, penalizes = false;  ///< whether it can, and with its lambda
    std::vector<std::size_t> places;           ///< in `before`, of the stages
    bool tracks = false;                       ///< whether a sparse tensor has steps made up for
    std::vector<Run> runs;                     ///< if so, of the steps that are to be
    State float32, float64;                    ///< of tensors that are computed in this type
    Arena masters;                             ///< float32 copies of parameters of 16 bits

    [[nodiscard]] const detail::RuleInfo::Form& variant() const { return own.info().forms[form]; }
    [[nodiscard]] const State& state(Precision compute) const {
      return compute == Precision::float32 ? float32 : float64;
    }
  };
  struct Gradient {
    const void* data = nullptr;
    Precision precision = Precision::float32;
  };
  /// What few steps ask of a tensor; apart, so that walking over thousands of tensors reads little.
  struct Rare {
    std::string name;
    std::size_t master_offset;
    double traffic;                   ///< bytes that a step reads and writes
    std::unique_ptr<Table> table;     ///< of a sparse tensor, or null
    std::optional<std::size_t> kept;  ///< where in kept_ it is while it is ahead; once it was
    std::uint64_t clipped = 0;        ///< entries of its gradients
    Room finite;                      ///< what clipping has made of the last of them
    detail::Kernel kernel = nullptr;  ///< of a routine step of a tensor that is not sparse, and its
    detail::Sweep sweep;              ///< arrays, with these
    Slots slots{};
  };
  struct Tensor {
    ParameterView view;
    Precision compute;  ///< float32 or float64
    bool has_master;
    bool stepped = false;  ///< between begin_step() and end_step()
    bool ahead = false;    ///< the parameters are at the look-ahead point, and themselves in kept_
    Gradient gradient;
    detail::Kernel direct;  ///< on the arrays as they are stored, given this gradient's type; or null
    std::size_t group, offset;
    std::uint64_t first_index;
    std::unique_ptr<Rare> rare;

    /// Whether a gradient is where the last one was, which was found good.
    [[nodiscard]] bool takes(const GradientView& g) const {
      return g.data != nullptr && g.data == gradient.data && g.size == view.size &&
             g.precision == gradient.precision;
    }
  };
  /// A piece of a tensor over which a reduction adds up; its size is fixed, so that threads do not change it.
  struct Block {
    std::size_t tensor, begin, count;
  };
  /// The last step for which a tensor's gradient was looked at and finite, and its largest magnitude then.
  struct Seen {
    std::uint64_t step = 0;
    double largest = 0;
  };
  /// Numbers of a range of a tensor in the type that its rule computes in: where they are stored, or copies.
  struct Piece {
    void* theta = nullptr;
    const void* gradient = nullptr;
    Slots slots{};
    void* kept = nullptr;  ///< where a look-ahead keeps theta
  };
  struct Tile;

  // engine.cpp: what an optimizer is made of, and the course of a step
  void check_idle(const char* call) const;
  void check_memory(const std::string& name, const ParameterView& view,
                    const std::string* except = nullptr) const;
  void check_gradient(const Tensor& tensor, const GradientView& gradient) const;
  void take_gradient(Tensor& tensor, const GradientView& gradient);
  void check_looked_ahead() const;
  [[nodiscard]] bool needs_all_gradients() const;
  void prepare_step();
  void finish();
  [[nodiscard]] const Tensor& find(std::string_view tensor) const;
  [[nodiscard]] std::size_t find_slot(const Tensor& tensor, std::string_view slot) const;

  // non_finite.cpp: gradients that are not finite
  [[nodiscard]] bool norm_tells() const;
  [[nodiscard]] double finite_limit(const Tensor& tensor) const;
  [[nodiscard]] bool screen();
  std::size_t settle_largest(std::size_t block);
  void screen_tensor(std::size_t index);
  [[nodiscard]] const void* screen_columns(const Tensor& tensor, const void* gradient, std::size_t count);
  void find_largest(std::size_t begin, std::size_t end);
  [[nodiscard]] NonFiniteEntry entry_of(const Tensor& tensor, const Gradient& gradient, std::size_t count,
                                        std::size_t from) const;
  [[nodiscard]] const void* made_finite(const Tensor& tensor, const Gradient& gradient,
                                        std::size_t count) const;

  // settings.cpp: hyper-parameters of the coming step
  void check_number(const std::string& key) const;
  void find_followed();
  void set_scales(const std::map<std::string, double>& scales);
  void follow_schedules(const Group& group, AnyRule& now) const;
  void follow(Group& group) const;
  void refresh(Group& group) const;
  [[nodiscard]] double group_step(const Group& group) const {
    return static_cast<double>(steps_ + 1 - group.joined);
  }
  [[nodiscard]] double rate_of(const Group& group) const;

  // stages.cpp: transforms of the coming step
  void surround(Group& group) const;
  void prepare_stages();
  void fill_stage(Group& group, std::size_t stage, double norm_here) const;
  void fill_stages(std::size_t from);
  void prepare_kernels(Group& group) const;
  void refill(Group& group) const;
  const void* apply_stages(const Tensor& tensor, std::size_t stages, void* theta, const void* source,
                           void* gradient, std::size_t begin, std::size_t count) const;

  // carry.cpp: numbers that go from step to step
  [[nodiscard]] const std::vector<double>& carry_of(const Group& group) const;
  void check_shared(const AnyRule& own) const;
  void find_coefficients(Group& group) const;
  void advance_carry();

  // tile.cpp: how numbers are stored
  [[nodiscard]] detail::Kernel direct_kernel(const Tensor& tensor) const;
  [[nodiscard]] detail::Kernel prepared_kernel(const Tensor& tensor) const;
  [[nodiscard]] std::byte* stored(const Tensor& tensor, std::size_t begin) const;
  [[nodiscard]] Precision stored_as(const Tensor& tensor) const;
  [[nodiscard]] void* read_theta(const Tensor& tensor, std::size_t begin, std::size_t count,
                                 void* copy) const;
  void write_theta(const Tensor& tensor, std::size_t begin, std::size_t count, const void* theta) const;
  [[nodiscard]] void* read_slot(const Tensor& tensor, std::size_t slot, std::size_t begin, std::size_t count,
                                void* copy) const;
  void write_slot(const Tensor& tensor, std::size_t slot, std::size_t begin, std::size_t count,
                  const void* numbers) const;
  void round_to(Precision to, void* out, const Tensor& tensor, Precision from, const void* numbers,
                std::uint32_t array, std::size_t begin, std::size_t count) const;
  const std::uint16_t* draw(const Tensor& tensor, std::uint32_t array, std::size_t begin, std::size_t count,
                            std::uint16_t* words) const;
  void start_slots(const Tensor& tensor) const;
  void start_at_theta(const Tensor& tensor) const;
  [[nodiscard]] Slots read_slots(const Tensor& tensor, std::size_t begin, std::size_t count,
                                 Tile& tile) const;
  [[nodiscard]] const void* read_gradient(const Tensor& tensor, std::size_t stages, void* theta,
                                          std::size_t begin, std::size_t count, Tile& tile) const;

  // sweep.cpp: how a step walks over the parameters
  void share(double bytes, std::size_t begin, std::size_t end,
             const std::function<void(std::size_t, std::size_t)>& visit) const;
  [[nodiscard]] double pass_traffic() const;
  [[nodiscard]] std::size_t cut(std::size_t index) const;
  using VisitPiece = std::function<void(const Tensor&, std::size_t, std::size_t)>;
  void each_piece(double bytes, std::size_t first, std::size_t last, const VisitPiece& visit) const;
  void each_piece(std::size_t begin, std::size_t end, const VisitPiece& visit) const;
  void step_whole(const Tensor& tensor) const;
  void step_piece(const Tensor& tensor, std::size_t begin, std::size_t count) const;
  void step_direct(detail::Kernel kernel, const Tensor& tensor, std::size_t begin, std::size_t count) const;
  void run_kernel(const detail::Kernels& kernels, const Tensor& tensor, const Piece& piece,
                  std::size_t count) const;
  void look_ahead(const Tensor& tensor, std::size_t begin, std::size_t count) const;
  [[nodiscard]] std::byte* before_look_ahead(const Tensor& tensor, std::size_t begin) const;
  void come_back(const Tensor& tensor, std::size_t begin, std::size_t count) const;

  // grow.cpp: sparse tensors that become larger
  void take_memory(std::size_t index, const ParameterView& view);
  void keep_records(Tensor& tensor, const Table& before) const;

  // sparse.cpp: steps of few parameters
  void check_sparse(const std::string& name, const ParameterView& view, const AnyRule& own,
                    const SparseOptions& sparse) const;
  [[nodiscard]] Tensor& fetched_tensor(std::size_t index, Precision precision);
  [[nodiscard]] Tensor& sparse_tensor(std::size_t index, const char* call) {
    if (index >= tensors_.size() || !tensors_[index].rare->table) refuse_sparse(index, call);
    return tensors_[index];
  }
  [[noreturn]] void refuse_sparse(std::size_t index, const char* call) const;
  [[nodiscard]] bool is_routine(std::span<const GradientView> gradients) const;
  void step_routine(std::span<const GradientView> gradients);
  [[nodiscard]] bool prepare_routine() const;
  void begin_routine();
  Tensor& stepping_sparse(std::size_t index, const GradientView& values);
  void read_table(const Tensor& tensor) const;
  void step_columns(Tensor& tensor, const void* gradient);
  void prepare_sparse();

  // scaled.cpp: parameters that are records times a number
  [[nodiscard]] double share_left(const Tensor& tensor) const;
  void prepare_scale(const Tensor& tensor);

  // skipped.cpp: what becomes of the others
  void start_table(const Tensor& tensor) const {
    if (!tensor.rare->table->started) write_table(tensor);
  }
  void write_table(const Tensor& tensor) const;
  void track(const Tensor& tensor);
  void remember_step();
  void settle_table(const Tensor& tensor, bool write);
  void settle_tables(bool write);
  void make_up(const Tensor& tensor, std::byte* columns, std::size_t count) const;
  template <class T>
  void make_up_in(const Tensor& tensor, T* columns, std::size_t count) const;
  template <class T>
  void repeat(const Tensor& tensor, const Run& run, T* columns, std::size_t stride, std::size_t count,
              std::uint64_t times) const;
  [[nodiscard]] std::vector<double> sparse_slot_values(const Tensor& tensor, std::size_t row) const;

  // save.cpp, fit.cpp, load.cpp: checkpoints
  class Comparison;
  void check_fit(const Checkpoint::Contents& contents, const LoadOptions& options);
  [[nodiscard]] std::vector<std::byte> column(const Tensor& tensor, std::size_t field) const;
  [[nodiscard]] std::vector<std::uint8_t> touched(const Tensor& tensor) const;
  void at_last_step(const Checkpoint::Contents& contents, const std::function<void()>& act);
  void regroup(const Checkpoint::Contents& contents);
  void load_parameters(Tensor& tensor, const checkpoint::TensorFile& file);
  void load_slots(const Tensor& tensor, const checkpoint::TensorFile& file);
  void load_table(Tensor& tensor, const checkpoint::TensorFile& file);

  // reductions.cpp: sums over all parameters
  [[nodiscard]] std::size_t block_from(std::size_t index) const;
  void for_each_block(const std::function<void(std::size_t)>& visit) const;
  template <class Visit>
  void for_each_tile(const Block& block, std::size_t stages, Visit visit) const;
  [[nodiscard]] std::vector<double> measure() const;
  void measure_block(const Block& block, double* sums) const;
  [[nodiscard]] double norm(std::size_t stages) const;
  [[nodiscard]] double block_sum(const Block& block, std::size_t stages, double scale) const;
  [[nodiscard]] double block_largest(const Block& block, std::size_t stages) const;

  Storage storage_;
  Isa isa_;
  std::size_t threads_;
  std::size_t chunk_;  ///< most parameters per call of a kernel, for tests; 0: any number
  std::vector<Group> groups_;
  std::vector<Tensor> tensors_;
  std::unordered_map<std::string, std::size_t> by_name_;
  std::map<const std::byte*, std::pair<const std::byte*, std::string>> memory_;  ///< begin -> end, name
  std::vector<Block> blocks_;
  Arena kept_{{Arena::group}, 64};  ///< bytes of parameters while they are at the look-ahead point
  std::vector<AnyTransform> transforms_;
  bool unscales_ = false;  ///< the first transform divides by the loss scale
  bool plain_ = false;     ///< as the last step found, there is no transform, and no schedule to bring one
  bool routine_ = false;   ///< steps are alike, as prepare_routine() has found
  std::map<std::string, Schedule> schedules_;
  std::map<std::string, double> scales_;
  /// Hyper-parameters that follow one of these, in the order of their names; null for what they do not have.
  struct Followed {
    const KeyInfo* key;
    const Schedule* schedule;
    const double* scale;
  };
  std::vector<Followed> followed_;
  std::vector<double> norms_;          ///< that the transforms saw in this step, 0 for those that need none
  std::size_t size_ = 0, sparse_ = 0;  ///< parameters; sparse tensors
  std::uint64_t steps_ = 0;
  bool looking_ahead_ = false, stepping_ = false, newcomers_ = false;
  double last_norm_ = std::numeric_limits<double>::quiet_NaN();
  NonFinite policy_ = NonFinite::pass;
  std::uint64_t skipped_ = 0, clipped_before_ = 0;  ///< clipped: in a checkpoint that was loaded
  std::optional<NonFiniteEntry> last_skipped_;
  std::vector<double> largest_;  ///< magnitude of the gradient in each block, as the policy asks for it
  std::vector<Seen> seen_;       ///< by tensor; the same
  double traffic_ = 0;           ///< bytes that a step reads and writes
  /// The caller's, or made by the first step that is large enough.
  mutable std::shared_ptr<Executor> executor_;
};

}  // namespace thalweg
