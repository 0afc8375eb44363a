/// How far behind a simulated machine is.
#pragma once

#include <mtaio/lowlevel/timer.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace mtaio::testing {

/// Since when the oldest of the things that are ready has been so.
///
/// It is not known to the nanosecond, but never told too late. What is ready belongs to one of two
/// generations; what comes while the older one still lives belongs to the younger, and all of a
/// generation counts as being as old as its first.
class Lag {
 public:
  using Generation = std::uint8_t;

  [[nodiscard]] bool empty() const noexcept { return alive_[older_] == 0; }
  /// REQUIRES: not empty.
  [[nodiscard]] lowlevel::TimePoint oldest() const noexcept { return since_[older_]; }

  /// Something has become ready.
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

  /// What belonged to `generation` has had its turn.
  void end(Generation generation) noexcept {
    --alive_[generation];
    if (alive_[older_] == 0) older_ = other(older_);
  }

 private:
  static Generation other(Generation of) noexcept { return of == 0 ? 1 : 0; }

  std::array<std::size_t, 2> alive_{};
  std::array<lowlevel::TimePoint, 2> since_{};
  Generation older_ = 0;
};

}  // namespace mtaio::testing
