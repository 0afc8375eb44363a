#include <mtaio/platform/thread_event.hpp>

#include "platform/cpu.hpp"
#include "platform/futex.hpp"

#include <chrono>
#include <limits>

namespace mtaio::internal {
namespace {

// Enough to see an event that another core is about to set. There is no sched_yield() in between:
// on a busy machine each would cost a time slice of every other thread on this core, while a futex
// costs the same everywhere.
constexpr int kLooks = 64;

}  // namespace

void ThreadEvent::set() noexcept {
  // release: set/see.
  word_.store(1, std::memory_order_release);
  // From here on only the address is used: a waiter may have destroyed the event.
  platform::futex_wake(&word_, std::numeric_limits<int>::max());
}

bool ThreadEvent::is_set_soon() const noexcept {
  for (int look = 0; look < kLooks; ++look) {
    if (is_set()) return true;
    platform::cpu_relax();
  }
  return is_set();
}

void ThreadEvent::wait() const noexcept {
  while (!is_set()) platform::futex_wait(word_, 0);
}

bool ThreadEvent::wait_until(std::chrono::steady_clock::time_point deadline) const noexcept {
  // The deadline is passed on even if it is time_point::max(): without one, the kernel would resume
  // the wait after a signal handler that was installed with SA_RESTART.
  if (!is_set()) platform::futex_wait(word_, 0, deadline);
  return is_set();
}

}  // namespace mtaio::internal
