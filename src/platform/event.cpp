#include <mtaio/lowlevel/event.hpp>

#include "platform/cpu.hpp"
#include "platform/futex.hpp"

#include <chrono>
#include <limits>
#include <utility>

namespace mtaio::lowlevel {
namespace {

// What is about to happen on another core is seen this way. No giving way in between: on a busy
// machine each time costs a whole round of all that would run here, and a futex costs the same
// everywhere.
constexpr int kLooks = 64;

constinit thread_local StandIn* stand_in = nullptr;

}  // namespace

void Event::set() noexcept {
  word_.store(1, std::memory_order_release);
  // From here on only the address is used.
  platform::futex_wake(&word_, std::numeric_limits<int>::max());
}

bool Event::is_set_soon() const noexcept {
  for (int look = 0; look < kLooks; ++look) {
    if (is_set()) return true;
    platform::cpu_relax();
  }
  return is_set();
}

void Event::wait() const noexcept {
  while (!is_set()) platform::futex_wait(word_, 0);
}

bool Event::wait_until(std::chrono::steady_clock::time_point deadline) const noexcept {
  // With a deadline in any case: without one the kernel goes on waiting after a handler that was
  // installed with SA_RESTART.
  if (!is_set()) platform::futex_wait(word_, 0, deadline);
  return is_set();
}

StandIn* set_stand_in(StandIn* who) noexcept { return std::exchange(stand_in, who); }

void block_until(const Event& event) noexcept {
  if (stand_in) {
    stand_in->block_thread(event);
  } else if (!event.is_set_soon()) {
    event.wait();
  }
}

}  // namespace mtaio::lowlevel
