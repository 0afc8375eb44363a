#include <mtaio/platform/thread_event.hpp>

#include "platform/cpu.hpp"
#include "platform/futex.hpp"

#include <chrono>
#include <limits>

namespace mtaio::internal {
namespace {

// What is about to happen on another core is seen this way. No giving way in between: on a busy
// machine each time costs a whole round of all that would run here, and a futex costs the same
// everywhere.
constexpr int kLooks = 64;

}  // namespace

void ThreadEvent::set() noexcept {
  word_.store(1, std::memory_order_release);
  // From here on only the address is used.
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
  // With a deadline in any case: without one the kernel goes on waiting after a handler that was
  // installed with SA_RESTART.
  if (!is_set()) platform::futex_wait(word_, 0, deadline);
  return is_set();
}

}  // namespace mtaio::internal
