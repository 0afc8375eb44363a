/// The interface of the strategies that find the next interleaving.
#pragma once

#include "interleave/choices.hpp"
#include "interleave/operation.hpp"

#include <cstddef>
#include <span>
#include <string>

namespace mtaio::testing::interleave {

/// The program has not done the same as before, though its threads were interleaved alike.
inline constexpr int kDiverged = -2;

/// Between two steps of an execution.
struct Moment {
  /// Who can make the next step; at least one.
  Actors enabled = 0;
  /// The thread that made the last step.
  int current = 0;
  /// What each actor is about to do, by number.
  std::span<const Operation> next;
  /// Actors that cannot make the next step, though they are not at their end.
  Actors stuck = 0;
  /// Nothing can go on, so time passes.
  bool idle = false;

  /// Who goes on if nothing is decided.
  [[nodiscard]] int usual() const noexcept;
};

/// Decides what happens in each execution.
class Explorer : public Choices {
 public:
  virtual ~Explorer() = default;

  /// Prepares the next execution. Returns false if there is none left.
  [[nodiscard]] virtual bool begin() = 0;
  /// Returns who makes the next step; `kNoThread` to end the execution, since what could follow is
  /// explored elsewhere; or `kDiverged`.
  [[nodiscard]] virtual int choose_actor(const Moment& moment) = 0;
  /// Begins from the beginning, as if nothing had been explored.
  virtual void restart() {}
  /// No more steps follow. `last` has no enabled actors.
  virtual void end(const Moment& last) { static_cast<void>(last); }
  /// How to run this execution again, if that is shorter than the list of its choices.
  [[nodiscard]] virtual std::string replay() const { return {}; }
};

}  // namespace mtaio::testing::interleave
