#include <mtaio/sleep.hpp>

namespace mtaio {

bool Sleep::Awaiter::suspend() noexcept {
  if (timeout_.is_now()) {
    if (!waiter_.try_complete_inline()) return false;
    waiter_.wake();  // at the back of the ready queue
    return true;
  }
  waiter_.arm(timeout_);
  return waiter_.commit();
}

}  // namespace mtaio
