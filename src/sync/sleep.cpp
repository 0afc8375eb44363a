#include <mtaio/sleep.hpp>

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

}  // namespace mtaio
