#include <mtaio/lowlevel/lock.hpp>

#include "platform/cpu.hpp"
#include "platform/futex.hpp"

namespace mtaio::lowlevel {

void Lock::lock_contended() noexcept {
  // The holder is normally gone within a few dozen instructions, unless it was preempted.
  constexpr int kSpins = 64;
  for (int i = 0; i < kSpins; ++i) {
    if (word_.load(std::memory_order_relaxed) == kFree && try_lock()) return;
    platform::cpu_relax();
  }
  while (word_.exchange(kWanted, std::memory_order_acquire) != kFree) {
    platform::futex_wait(word_, kWanted);
  }
}

void Lock::wake(std::atomic<std::uint32_t>& word) noexcept { platform::futex_wake(&word, 1); }

}  // namespace mtaio::lowlevel
