/// Something that happens once, for threads.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace mtaio::internal {

/// Set once, waited for by blocking the thread. The waiter may destroy it as soon as it sees it
/// set.
class [[gnu::visibility("default")]] ThreadEvent {
 public:
  ThreadEvent() = default;
  ThreadEvent(const ThreadEvent&) = delete;
  ThreadEvent& operator=(const ThreadEvent&) = delete;

  [[nodiscard]] bool is_set() const noexcept { return word_.load(std::memory_order_acquire) != 0; }
  /// What happened before is visible to whoever sees it set.
  void set() noexcept;
  /// Blocks the thread until it is set.
  void wait() const noexcept;
  /// The same, until `deadline` at the latest (`time_point::max()`: without limit). Returns earlier
  /// when a signal handler has run on the thread. Returns whether it is set.
  [[nodiscard]] bool wait_until(std::chrono::steady_clock::time_point deadline) const noexcept;
  /// Looks again for a microsecond or two: is it set now?
  [[nodiscard]] bool is_set_soon() const noexcept;

 private:
  std::atomic<std::uint32_t> word_{0};
};

}  // namespace mtaio::internal
