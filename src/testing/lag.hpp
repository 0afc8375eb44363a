/// How long something has been ready in a simulation.
#pragma once

#include <mtaio/lowlevel/timer.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace mtaio::testing {

/// The time since when the oldest ready item has been ready. An item is a job, a function or a
/// blocked thread.
///
/// The time is not exact, but never too late. Each item belongs to one of two generations. An item
/// that becomes ready while the older generation has items joins the younger one. All items of a
/// generation count as being as old as its first.
class Lag {
 public:
  using Generation = std::uint8_t;

  [[nodiscard]] bool empty() const noexcept { return alive_[older_] == 0; }
  /// REQUIRES: not empty.
  [[nodiscard]] lowlevel::TimePoint oldest() const noexcept { return since_[older_]; }

  /// An item has become ready. Returns its generation.
  Generation begin(lowlevel::TimePoint now) noexcept {
    if (alive_[older_] == 0) since_[older_] = now;
    if (since_[older_] == now) {
      ++alive_[older_];
      return older_;
    }
    const Generation younger = other(older_);
    if (alive_[younger]++ == 0) since_[younger] = now;
    return younger;
  }

  /// An item of `generation` is not ready any more: it has been run, or withdrawn.
  void end(Generation generation) noexcept {
    --alive_[generation];
    if (alive_[older_] == 0) older_ = other(older_);
  }

 private:
  static Generation other(Generation generation) noexcept { return generation == 0 ? 1 : 0; }

  /// How many items of each generation are ready.
  std::array<std::size_t, 2> alive_{};
  /// When the first item of each generation became ready.
  std::array<lowlevel::TimePoint, 2> since_{};
  Generation older_ = 0;
};

}  // namespace mtaio::testing
