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
        {function, "(", limit, "): a limit is at least 0, where no permit is given, and at most ",
         Semaphore::max(), "."})};
  }
  return limit;
}

std::ptrdiff_t checked_count(const char* function, std::ptrdiff_t k) {
  if (k < 1 || k > Semaphore::max()) {
    throw std::invalid_argument{
        internal::text({function, "(", k, "): the number of permits is at least 1, and at most ",
                        Semaphore::max(), "."})};
  }
  return k;
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

Semaphore::Acquire Semaphore::acquire(std::ptrdiff_t k) {
  return {pool_, checked_count("Semaphore::acquire", k), Timeout::forever()};
}

Semaphore::TimedAcquire Semaphore::acquire(std::ptrdiff_t k, Timeout timeout) {
  return {pool_, checked_count("Semaphore::acquire", k), timeout};
}

std::optional<Semaphore::Permit> Semaphore::try_acquire(std::ptrdiff_t k) {
  return internal::try_acquire<Permit>(pool_, checked_count("Semaphore::try_acquire", k));
}

void Semaphore::set_limit(std::ptrdiff_t limit) {
  pool_.set_limit(limit_, checked_limit("Semaphore::set_limit", limit));
}

std::ptrdiff_t Semaphore::available() const noexcept {
  return std::max<std::ptrdiff_t>(0, pool_.free());
}

}  // namespace mtaio
