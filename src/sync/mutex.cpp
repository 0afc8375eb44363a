#include <mtaio/mutex.hpp>

#include <mtaio/lowlevel/contract.hpp>

namespace mtaio {

Mutex::~Mutex() {
  if (pool_.has_waiters()) {
    lowlevel::contract_violation(
        "Mutex destroyed while tasks wait in lock(). A mutex must outlive its waiters; before you "
        "destroy it, stop the waiters and wait for them.");
  }
  if (pool_.free() != 1) {
    lowlevel::contract_violation(
        "Mutex destroyed while it is locked. A mutex must outlive its guard; unlock it before you "
        "destroy it.");
  }
}

}  // namespace mtaio
