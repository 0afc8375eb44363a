/// What one worker knows about its own sleep.
#pragma once

#include <cstdint>

namespace mtaio::runtime {

/// What one worker knows about its own sleep. Only `Idle` writes it.
class IdleState {
 public:
  /// Whether the worker has found a job since it woke up, and has called `Idle::begin_work()`.
  [[nodiscard]] bool is_working() const noexcept {
    return wake_reason_ == WakeReason::kWorking && !searching_;
  }
  /// Whether the worker woke up because its time was over; no other thread woke it.
  [[nodiscard]] bool woke_by_itself() const noexcept {
    return wake_reason_ == WakeReason::kByItself;
  }

 private:
  friend class Idle;

  enum class WakeReason : std::uint8_t { kByItself, kWoken, kWorking };

  // Touched by the worker's thread only.

  // Whether IdleCounts counts the worker among those that search.
  bool searching_ = false;
  // Why the worker is not asleep.
  WakeReason wake_reason_ = WakeReason::kWorking;
  // How many more timed parks the worker makes, to look for jobs whose steal delay is not over yet,
  // before it sleeps until it is woken.
  int timed_parks_left_ = 0;
  // How many timed parks the worker has made since it last found work.
  int timed_parks_in_a_row_ = 0;

  // Guarded by the lock of Idle: whether the worker is in the list of sleepers.
  bool asleep_ = false;
};

}  // namespace mtaio::runtime
