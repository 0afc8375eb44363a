#include <mtaio/lowlevel/event.hpp>

#include "platform/futex.hpp"

#include <limits>

namespace mtaio::lowlevel {

void Event::set() noexcept {
  word_.store(1, std::memory_order_release);
  // From here on only the address is used.
  platform::futex_wake(&word_, std::numeric_limits<int>::max());
}

void Event::wait() const noexcept {
  while (!is_set()) platform::futex_wait(word_, 0);
}

}  // namespace mtaio::lowlevel
