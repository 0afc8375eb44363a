#include <mtaio/sleep.hpp>

#include <mtaio/exceptions.hpp>

namespace mtaio {

bool Sleep::Awaiter::suspend() noexcept {
  if (timeout_.is_now()) {
    if (!waiter_.try_complete_inline()) return false;
    waiter_.wake();  // behind everything that is ready
    return true;
  }
  waiter_.arm(timeout_);
  return waiter_.commit();
}

void Sleep::Awaiter::throw_cancelled() { throw CancelledError{}; }

}  // namespace mtaio
