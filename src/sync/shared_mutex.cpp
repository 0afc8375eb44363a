#include <mtaio/shared_mutex.hpp>

#include <mtaio/lowlevel/contract.hpp>

namespace mtaio {

SharedMutex::~SharedMutex() {
  if (pool_.has_waiters()) {
    lowlevel::contract_violation(
        "SharedMutex destroyed while tasks wait in lock() or lock_shared(). A mutex must outlive "
        "its waiters; before you destroy it, stop the waiters and wait for them.");
  }
  if (pool_.free() != kWriter) {
    lowlevel::contract_violation(
        "SharedMutex destroyed while it is locked. A mutex must outlive its guards; unlock it "
        "before you destroy it.");
  }
}

}  // namespace mtaio
