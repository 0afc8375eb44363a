/// An event that threads wait for.
#pragma once

#include <mtaio/base/durations.hpp>

#include <atomic>
#include <cstdint>

namespace mtaio::internal {

/// An event that is set once. A thread waits for it by blocking, and may destroy it as soon as it
/// finds it set.
///
/// set/see  A thread that finds the event set (acquire) sees all that happened before `set()`
///          (release).
class [[gnu::visibility("default")]] ThreadEvent {
 public:
  ThreadEvent() = default;
  ThreadEvent(const ThreadEvent&) = delete;
  ThreadEvent& operator=(const ThreadEvent&) = delete;

  [[nodiscard]] bool is_set() const noexcept {
    // acquire: set/see.
    return word_.load(std::memory_order_acquire) != 0;
  }
  void set() noexcept;
  /// Blocks the thread until it is set.
  void wait() const noexcept;
  /// The same, until `deadline` at the latest (`time_point::max()`: no limit), or until a signal
  /// handler has run on the thread. Returns whether the event is set.
  [[nodiscard]] bool wait_until(std::chrono::steady_clock::time_point deadline) const noexcept;
  /// Spins for a microsecond or two, and returns whether the event is set.
  [[nodiscard]] bool is_set_soon() const noexcept;

 private:
  std::atomic<std::uint32_t> word_{0};
};

}  // namespace mtaio::internal
