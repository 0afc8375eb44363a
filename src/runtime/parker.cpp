// unpark/park   unpark() sets `unparked_` with release, after the work that the parked thread is
//               woken for. park() resets it with acquire, and so sees that work.
#include <mtaio/lowlevel/parker.hpp>

#include "platform/futex.hpp"

namespace mtaio::lowlevel {

Parker::~Parker() = default;

void FutexParker::park(TimePoint deadline) noexcept {
  // unpark/park: an earlier unpark() is not lost.
  if (unparked_.exchange(0, std::memory_order_acquire) != 0) return;
  if (deadline == TimePoint::max()) {
    platform::futex_wait(unparked_, 0);
  } else {
    platform::futex_wait(unparked_, 0, deadline);
  }
  unparked_.exchange(0, std::memory_order_acquire);  // unpark/park
}

void FutexParker::unpark() noexcept {
  // unpark/park
  if (unparked_.exchange(1, std::memory_order_release) == 0) platform::futex_wake(&unparked_, 1);
}

}  // namespace mtaio::lowlevel
