/// The steps of an execution, and which of them could have come in another order.
#pragma once

#include "interleave/operation.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace mtaio::testing::interleave {

/// A set of steps: of each actor, all up to one of them, which is kept as its number in the
/// execution, plus one.
class Past {
 public:
  [[nodiscard]] bool includes(int actor, std::size_t step) const noexcept {
    return step < ends_[static_cast<std::size_t>(actor)];
  }
  void include(int actor, std::size_t step) noexcept;
  /// REQUIRES: the step is the last one of the actor that is included.
  void exclude(int actor, std::size_t step) noexcept {
    ends_[static_cast<std::size_t>(actor)] = static_cast<std::uint32_t>(step);
  }
  void join(const Past& other) noexcept;

 private:
  std::array<std::uint32_t, kMostActors> ends_{};
};

/// The steps of an execution with the order that is imposed on them: by each actor's program, by
/// operations that depend on each other, and by those that enable others. Executions in which this
/// order is the same differ in nothing.
class Trace {
 public:
  struct Step {
    int actor = 0;
    Operation operation;
    /// What the step depends on, directly or not; with the step.
    Past past;
    /// The same without the step itself, and without those that it could have come before while all
    /// others keep their order.
    Past fixed;
  };

  [[nodiscard]] std::size_t size() const noexcept { return steps_.size(); }
  [[nodiscard]] const Step& operator[](std::size_t step) const noexcept { return steps_[step]; }
  /// Forgets all steps but the first `size`.
  void truncate(std::size_t size);

  /// Adds a step. Appends to `races` the earlier steps that it could have come before while all
  /// others keep their order, latest first.
  void add(int actor, const Operation& operation, std::vector<std::size_t>& races);
  /// Adds a step that was possible because no other was.
  void add_idle(int actor, const Operation& operation);
  /// The actors of which one has to go on at `race`, so that an execution is explored in which the
  /// last step comes before the step `race`: the initials of Abdulla et al.
  [[nodiscard]] Actors initials(std::size_t race) const;
  /// Removes the last step, which was added to see what it depends on.
  void remove_last() { truncate(steps_.size() - 1); }

 private:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  [[nodiscard]] Past past_of(int actor) const;
  [[nodiscard]] Step begin_step(int actor, const Operation& operation) const;
  void end_step(Step& step);

  std::vector<Step> steps_;
  /// Of each actor, the last step.
  std::array<std::size_t, kMostActors> last_ = [] {
    std::array<std::size_t, kMostActors> none{};
    none.fill(kNone);
    return none;
  }();
};

}  // namespace mtaio::testing::interleave
