/// Keeps threads that spin from running on alone.
#pragma once

#include "interleave/operation.hpp"

#include <array>
#include <cstddef>
#include <vector>

namespace mtaio::testing::interleave {

/// Which threads may go on, so that loops which wait for another thread end.
///
/// A thread that has yielded waits for a step of another one. If it yields again, it also waits for
/// the threads that could go on all the time in between and did not (Musuvathi & Qadeer, "Fair
/// Stateless Model Checking", PLDI 2008).
class Fairness {
 public:
  void begin() noexcept;
  void yielded(int thread, Actors enabled) noexcept;
  /// A step by `actor`, at a moment when `enabled` could have made one.
  void stepped(int actor, Actors enabled) noexcept;
  /// Those of `enabled` that may go on: at least one.
  [[nodiscard]] Actors allowed(Actors enabled) const noexcept;
  /// Whether each of `enabled` waits for others.
  [[nodiscard]] bool all_wait(Actors enabled) const noexcept { return not_waiting(enabled) == 0; }

 private:
  [[nodiscard]] Actors not_waiting(Actors enabled) const noexcept;

  struct Thread {
    /// The thread may go on when any other has made a step.
    bool waits_for_any = false;
    /// The thread may go on when all of these have made a step or cannot.
    Actors waits_for = 0;
    /// Those that could go on at each moment since the thread last yielded, and did not.
    Actors neglected = 0;
  };
  std::array<Thread, kMostThreads> threads_;
};

/// Notices that a thread reads the same values again and again.
class SpinWatch {
 public:
  /// The thread has done something that a loop which only waits would not do.
  void progress() noexcept { reads_.clear(); }
  /// Returns whether the thread seems to wait for a change of what it reads.
  [[nodiscard]] bool read(Site site, Address address, std::uint64_t value);

 private:
  struct Read {
    Site site = nullptr;
    Address address = 0;
    std::uint64_t value = 0;
    int times = 0;
  };
  /// The reads since the last progress.
  std::vector<Read> reads_;
};

}  // namespace mtaio::testing::interleave
