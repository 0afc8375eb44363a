/// An item whose move throws when it is told to.
#pragma once

#include <stdexcept>

namespace test {

struct MoveFailed : std::runtime_error {
  MoveFailed() : std::runtime_error{"the move failed"} {}
};

/// A number that cannot be moved without risk. For one thread.
class ThrowingMove {
 public:
  /// Lets `moves` more moves succeed and the next one fail; then all succeed again.
  static void fail_after(int moves) noexcept { moves_left_ = moves; }
  static void never_fail() noexcept { moves_left_ = -1; }
  /// Whether the failure that was ordered is still to come.
  [[nodiscard]] static bool failure_ahead() noexcept { return moves_left_ >= 0; }
  [[nodiscard]] static int alive() noexcept { return alive_; }

  explicit ThrowingMove(int value) noexcept : value_{value} { ++alive_; }
  // NOLINTNEXTLINE(*-noexcept-move*): this is what it is for
  ThrowingMove(ThrowingMove&& other) : value_{other.value_} {
    if (failure_ahead()) {
      --moves_left_;
      if (!failure_ahead()) throw MoveFailed{};
    }
    other.value_ = 0;
    ++alive_;
  }
  ThrowingMove& operator=(ThrowingMove&&) = delete;
  ~ThrowingMove() { --alive_; }

  [[nodiscard]] int value() const noexcept { return value_; }

 private:
  static inline int moves_left_ = -1;
  static inline int alive_ = 0;
  int value_;
};

}  // namespace test
