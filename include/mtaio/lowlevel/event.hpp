/// Something that happens once, for threads.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace mtaio::lowlevel {

/// Set once, waited for by blocking the thread. The waiter may destroy it as soon as it sees it
/// set.
class [[gnu::visibility("default")]] Event {
 public:
  Event() = default;
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

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

/// Does what a thread leaves undone while it blocks: a scheduler, for its workers.
class StandIn {
 public:
  StandIn() = default;
  StandIn(const StandIn&) = delete;
  StandIn& operator=(const StandIn&) = delete;

  /// Returns when `event` is set. Called through `block_until()`, by code that cannot be suspended
  /// and must not return before: destructors. Meanwhile others do what the thread would do.
  virtual void block_thread(const Event& event) noexcept = 0;

 protected:
  ~StandIn() = default;
};

/// Gives the calling thread a stand-in, or takes it away (null). Returns the one that it had.
[[gnu::visibility("default")]] StandIn* set_stand_in(StandIn* who) noexcept;

/// Returns when `event` is set. Blocks the thread, and lets its stand-in know if it has one.
[[gnu::visibility("default")]] void block_until(const Event& event) noexcept;

}  // namespace mtaio::lowlevel
