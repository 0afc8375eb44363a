#include <mtaio/semaphore.hpp>

#include <mtaio/lowlevel/contract.hpp>

#include "base/text.hpp"

#include <algorithm>
#include <stdexcept>

namespace mtaio {
namespace {

std::ptrdiff_t checked_limit(const char* function, std::ptrdiff_t limit) {
  if (limit < 0 || limit > Semaphore::max()) {
    throw std::invalid_argument{internal::text(
        {function, "(", limit, "): a limit cannot be negative, nor above ", Semaphore::max(),
         ", which is Semaphore::max(); use 0 to give no permits."})};
  }
  return limit;
}

}  // namespace

Semaphore::Semaphore(std::ptrdiff_t limit)
    : limit_{checked_limit("Semaphore", limit)}, pool_{limit} {}

Semaphore::~Semaphore() {
  if (pool_.has_waiters()) {
    lowlevel::contract_violation(
        "Semaphore destroyed while tasks wait in acquire(). A semaphore must outlive its waiters; "
        "before you destroy it, release permits, or stop the waiters, and wait for them.");
  }
  if (pool_.free() != limit()) {
    lowlevel::contract_violation(
        "Semaphore destroyed while permits are in use. A semaphore must outlive its permits; "
        "release them before you destroy it.");
  }
}

void Semaphore::refuse(std::ptrdiff_t k) {
  throw std::invalid_argument{internal::text(
      {"Semaphore::acquire(", k, "): the number of permits must be at least 1, and at most ", max(),
       ", which is Semaphore::max()."})};
}

void Semaphore::set_limit(std::ptrdiff_t limit) {
  pool_.set_limit(limit_, checked_limit("Semaphore::set_limit", limit));
}

std::ptrdiff_t Semaphore::available() const noexcept {
  return std::max<std::ptrdiff_t>(0, pool_.free());
}

}  // namespace mtaio
