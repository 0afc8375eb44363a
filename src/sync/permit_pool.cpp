#include <mtaio/sync/permit_pool.hpp>

#include <mutex>

namespace mtaio::internal {

std::int64_t PermitPool::begin_queue() noexcept {
  // acquire: give/take. Permits that were given back without the lock are handed on under it.
  return free_in(word_.fetch_or(kQueue, std::memory_order_acquire));
}

void PermitPool::set_free(std::int64_t free, bool keeps_alive) noexcept {
  const std::int64_t queue = keeps_alive && waiters_.empty() ? 0 : kQueue;
  // release: give/take. Without the bit, what was handed on under the lock is taken without it.
  word_.store(free * kPermit + queue, std::memory_order_release);
}

PermitWaiter* PermitPool::first_waiter() noexcept {
  return static_cast<PermitWaiter*>(waiters_.first());
}

std::int64_t PermitPool::serve(std::int64_t free, lowlevel::WakeList& served) noexcept {
  for (;;) {
    PermitWaiter* first = first_waiter();
    if (!first || first->count() > free) return free;
    if (!first->claim()) continue;  // it has just given up
    waiters_.forget(*first);
    free -= first->count();
    served.add(*first);
  }
}

bool PermitPool::take_in_order(std::int64_t count) noexcept {
  const std::scoped_lock guard{lock_};
  const std::int64_t free = begin_queue();
  const bool takes = free >= count && first_waiter() == nullptr;
  set_free(takes ? free - count : free, true);
  return takes;
}

void PermitPool::hand_over(std::int64_t count) noexcept {
  lowlevel::WakeList served;  // woken after the lock is released: a waiter may destroy the pool
  const std::scoped_lock guard{lock_};
  const std::int64_t free = serve(begin_queue() + count, served);
  set_free(free, !served.empty());
}

bool PermitPool::enlist(PermitWaiter& waiter) noexcept {
  const std::scoped_lock guard{lock_};
  const std::int64_t free = begin_queue();
  if (free >= waiter.count() && first_waiter() == nullptr) {
    waiter.complete_inline();
    set_free(free - waiter.count(), true);
    return false;
  }
  const bool waits = waiters_.enlist(waiter);
  set_free(free, true);
  return waits;
}

void PermitPool::forget(PermitWaiter& waiter) noexcept {
  lowlevel::WakeList served;
  const std::scoped_lock guard{lock_};
  waiters_.forget(waiter);
  set_free(serve(begin_queue(), served), true);
}

void PermitPool::set_limit(std::atomic<std::int64_t>& limit, std::int64_t permits) noexcept {
  lowlevel::WakeList served;
  const std::scoped_lock guard{lock_};
  const std::int64_t more = permits - limit.load(std::memory_order_relaxed);
  limit.store(permits, std::memory_order_relaxed);
  const std::int64_t free = serve(begin_queue() + more, served);
  set_free(free, !served.empty());
}

}  // namespace mtaio::internal
