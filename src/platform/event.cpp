#include <mtaio/lowlevel/event.hpp>

#include "platform/cpu.hpp"
#include "platform/futex.hpp"

#include <sched.h>

#include <limits>
#include <utility>

namespace mtaio::lowlevel {
namespace {

constexpr int kLooks = 32;

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
    if (look < kLooks / 2) {
      platform::cpu_relax();
    } else {
      sched_yield();
    }
  }
  return is_set();
}

void Event::wait() const noexcept {
  if (is_set_soon()) return;
  while (!is_set()) platform::futex_wait(word_, 0);
}

StandIn* set_stand_in(StandIn* who) noexcept { return std::exchange(stand_in, who); }

void block_until(const Event& event) noexcept {
  if (stand_in) {
    stand_in->block_thread(event);
  } else {
    event.wait();
  }
}

}  // namespace mtaio::lowlevel
