/// Something that happens once, for threads.
#pragma once

#include <atomic>
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

 private:
  std::atomic<std::uint32_t> word_{0};
};

}  // namespace mtaio::lowlevel
