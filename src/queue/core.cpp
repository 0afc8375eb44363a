#include <mtaio/queue/core.hpp>

#include <mtaio/coro/budget.hpp>
#include <mtaio/coro/thread_context.hpp>
#include <mtaio/lowlevel/contract.hpp>

#include "base/text.hpp"

#include <limits>
#include <stdexcept>

namespace mtaio::internal {
namespace {

std::size_t checked_max_size(const char* name, std::ptrdiff_t max_size) {
  if (max_size < 0) {
    throw std::invalid_argument{text(
        {name, "(", max_size, "): maxsize cannot be negative; use 0 for an unbounded queue."})};
  }
  return max_size == 0 ? std::numeric_limits<std::size_t>::max()
                       : static_cast<std::size_t>(max_size);
}

}  // namespace

template <class Storage>
QueueCore<Storage>::QueueCore(const char* name, std::ptrdiff_t max_size, bool holds_permits)
    : name_{name}, max_size_{checked_max_size(name, max_size)}, holds_permits_{holds_permits} {}

template <class Storage>
QueueCore<Storage>::~QueueCore() {
  const char* waiting = nullptr;
  if (!joiners_.empty()) waiting = "join()";
  if (!putters_.empty()) waiting = "put()";
  if (!getters_.empty()) waiting = "get()";
  if (waiting) {
    lowlevel::contract_violation(text(
        {name_, " destroyed while tasks wait in ", waiting,
         ". A queue must outlive its waiters; before you destroy it, shut it down, or stop the "
         "waiters, and wait for them."}));
  }
}

/// Hands a node to a claimed getter, together with its permit if the queue or the getter asks for
/// that.
template <class Storage>
void QueueCore<Storage>::give(Getter& getter, Node& node) noexcept {
  getter.node = &node;
  getter.holds_permit = holds_permits_ || getter.may_put_back;
  if (!getter.holds_permit) set_size(size() - 1);
}

/// Makes the node of a claimed putter that still has its item.
///
/// The item is still in the putter's awaiter: a put that waits allocates nothing, and owns its item
/// until there is room. Moving the item is user code, which may take long, throw, or use this
/// queue, so the lock is released for it:
///
///   1. The putter is claimed. No stop request and no timer ends its wait any more, so its awaiter
///      stays alive until it is woken.
///   2. size_ counts its permit (I3), so no other put takes the room meanwhile.
///   3. serving_putter_ is set. From now on has_room() is false, so later puts do not overtake this
///      one: they wait, and other threads serve no putter (I1). After a shutdown, getters wait for
///      this item, which is on its way.
///   4. The lock is released, and make_node() moves the item. What it throws is stored for the
///      putter.
///   5. The lock is taken again, and serving_putter_ is reset. Meanwhile other threads may have
///      changed everything else: taken or put back items, enlisted waiters, shut the queue down.
///      So match_waiters() then starts from the beginning.
template <class Storage>
inline void QueueCore<Storage>::make_node(Guard& guard, Putter& putter) noexcept {
  serving_putter_ = true;
  guard.unlock();
  try {
    putter.node = &putter.make_node();
  } catch (...) {
    putter.error = std::current_exception();
  }
  guard.lock();
  serving_putter_ = false;
}

/// Gives room to a claimed putter.
template <class Storage>
inline void QueueCore<Storage>::serve(Guard& guard, Putter& putter) noexcept {
  set_size(size() + 1);
  if (putter.wants_permit) return;
  if (!putter.node) make_node(guard, putter);
  if (putter.node && !dropping_) {
    store(*putter.node);
    putter.node = nullptr;
  } else {
    set_size(size() - 1);
    putter.shut_down = dropping_;
  }
}

template <class Storage>
void QueueCore<Storage>::match_waiters(Guard& guard, lowlevel::WakeList& wake) noexcept {
  for (;;) {
    Getter* getter = storage_.empty() ? nullptr : claim_getter();
    if (getter) {
      give(*getter, *unstore());
      wake.add(*getter);
      continue;
    }
    if (!has_room() || is_shut_down()) break;
    // One putter at a time, so that the items are stored in the order in which their putters came.
    Putter* putter = claim_putter();
    if (!putter) break;
    serve(guard, *putter);
    wake.add(*putter);
  }
  if (is_shut_down()) end_waits(wake);
}

/// After a shutdown: wakes the putters; wakes the getters, too, unless an item is still on its way.
template <class Storage>
void QueueCore<Storage>::end_waits(lowlevel::WakeList& wake) noexcept {
  while (Putter* putter = claim_putter()) {
    putter->shut_down = true;
    wake.add(*putter);
  }
  // The thread that serves a putter now calls match_waiters() again when the item is stored.
  if (serving_putter_) return;
  while (Getter* getter = claim_getter()) {
    getter->shut_down = true;
    wake.add(*getter);
  }
}

template <class Storage>
void QueueCore<Storage>::match_waiters_and_unlock() noexcept {
  lowlevel::WakeList wake;
  Guard guard{lock_, std::adopt_lock};
  match_waiters(guard, wake);
}

template <class Storage>
inline typename QueueCore<Storage>::Push QueueCore<Storage>::store_next(Node& node) noexcept {
  lock_.lock();
  const bool shut_down = is_shut_down();
  if (shut_down || !has_room()) [[unlikely]] {
    lock_.unlock();
    return shut_down ? Push::kShutDown : Push::kFull;
  }
  set_size(size() + 1);
  Getter* getter = claim_getter();
  if (getter) {  // so nothing is stored (I2), and this node is the next one
    storage_.pass(node);
    ++unfinished_;
    give(*getter, node);
  } else {
    store(node);
  }
  lock_.unlock();
  if (getter) getter->wake();
  return Push::kStored;
}

template <class Storage>
typename QueueCore<Storage>::Push QueueCore<Storage>::push(Node& node) noexcept {
  if (!consume_budget()) [[unlikely]]
    return Push::kBudgetSpent;
  const Push pushed = store_next(node);
  if (pushed == Push::kFull) [[unlikely]]
    refund_budget();
  return pushed;
}

template <class Storage>
typename QueueCore<Storage>::Push QueueCore<Storage>::try_push(Node& node) noexcept {
  return store_next(node);
}

template <class Storage>
typename QueueCore<Storage>::Reservation QueueCore<Storage>::reserve() noexcept {
  const Guard guard{lock_};
  if (is_shut_down()) return Reservation::kShutDown;
  if (!has_room()) return Reservation::kFull;
  set_size(size() + 1);
  return Reservation::kGranted;
}

template <class Storage>
bool QueueCore<Storage>::commit(Node& node) noexcept {
  lowlevel::WakeList wake;
  Guard guard{lock_};
  if (dropping_) {
    set_size(size() - 1);
    return false;
  }
  store(node);
  match_waiters(guard, wake);
  return true;
}

template <class Storage>
typename QueueCore<Storage>::Push QueueCore<Storage>::send_reserved(Node& node) noexcept {
  lowlevel::WakeList wake;
  Guard guard{lock_};
  if (is_shut_down()) {
    set_size(size() - 1);
    return Push::kShutDown;
  }
  store(node);
  match_waiters(guard, wake);
  return Push::kStored;
}

template <class Storage>
bool QueueCore<Storage>::enlist(Putter& putter) {
  lowlevel::WakeList wake;
  for (;;) {
    Guard guard{lock_};
    if (is_shut_down()) {
      putter.shut_down = true;
      putter.complete_inline();
      return false;
    }
    if (!has_room()) return putters_.enlist(putter);
    if (putter.wants_permit) {
      putter.complete_inline();
      set_size(size() + 1);
      return false;
    }
    if (putter.node) {
      putter.complete_inline();
      set_size(size() + 1);
      store(*putter.node);
      putter.node = nullptr;
      match_waiters(guard, wake);
      return false;
    }
    // There is room, but no node. This putter is not enlisted, so no permit has to be reserved: if
    // the room is gone afterwards, the putter waits. The put throws what make_node() throws.
    guard.unlock();
    putter.node = &putter.make_node();
  }
}

template <class Storage>
void QueueCore<Storage>::forget(Putter& putter) noexcept {
  const Guard guard{lock_};
  putters_.forget(putter);
}

template <class Storage>
inline typename QueueCore<Storage>::Popped QueueCore<Storage>::take_next() noexcept {
  lock_.lock();
  Node* node = unstore();
  if (!node) [[unlikely]] {
    const bool shut_down = has_ended();
    lock_.unlock();
    return {nullptr, shut_down, false};
  }
  if (!holds_permits_) set_size(size() - 1);
  if (!holds_permits_ && !putters_.empty()) {
    match_waiters_and_unlock();
  } else {
    lock_.unlock();
  }
  return {node, false, false};
}

template <class Storage>
typename QueueCore<Storage>::Popped QueueCore<Storage>::pop() noexcept {
  if (!consume_budget()) [[unlikely]]
    return {nullptr, false, true};
  const Popped popped = take_next();
  if (!popped.node && !popped.shut_down) [[unlikely]]
    refund_budget();
  return popped;
}

template <class Storage>
typename QueueCore<Storage>::Popped QueueCore<Storage>::try_pop() noexcept {
  return take_next();
}

template <class Storage>
bool QueueCore<Storage>::enlist(Getter& getter) noexcept {
  lock_.lock();
  if (!storage_.empty() || has_ended()) [[unlikely]]
    return complete_inline(getter);
  const bool waits = getters_.enlist(getter);
  lock_.unlock();
  return waits;
}

template <class Storage>
bool QueueCore<Storage>::complete_inline(Getter& getter) noexcept {
  lowlevel::WakeList wake;
  Guard guard{lock_, std::adopt_lock};
  getter.complete_inline();
  if (Node* node = unstore()) {  // stored since await_ready()
    give(getter, *node);
    match_waiters(guard, wake);
  } else {
    getter.shut_down = true;
  }
  return false;
}

template <class Storage>
void QueueCore<Storage>::forget(Getter& getter) noexcept {
  const Guard guard{lock_};
  getters_.forget(getter);
}

template <class Storage>
void QueueCore<Storage>::release() noexcept {
  lowlevel::WakeList wake;
  Guard guard{lock_};
  set_size(size() - 1);
  match_waiters(guard, wake);
}

template <class Storage>
void QueueCore<Storage>::put_back(Node& node) noexcept {
  lowlevel::WakeList wake;
  Guard guard{lock_};
  storage_.put_back(node);
  set_stored(stored() + 1);
  match_waiters(guard, wake);
}

template <class Storage>
bool QueueCore<Storage>::task_done() noexcept {
  lowlevel::WakeList wake;
  const Guard guard{lock_};
  if (unfinished_ == 0) return false;
  if (--unfinished_ == 0) wake.claim_all(joiners_);
  return true;
}

template <class Storage>
bool QueueCore<Storage>::all_done() noexcept {
  const Guard guard{lock_};
  return unfinished_ == 0;
}

template <class Storage>
bool QueueCore<Storage>::enlist(Joiner& joiner) noexcept {
  const Guard guard{lock_};
  if (unfinished_ == 0) {
    joiner.complete_inline();
    return false;
  }
  return joiners_.enlist(joiner);
}

template <class Storage>
void QueueCore<Storage>::forget(Joiner& joiner) noexcept {
  const Guard guard{lock_};
  joiners_.forget(joiner);
}

template <class Storage>
void QueueCore<Storage>::shutdown(Storage* dropped) noexcept {
  lowlevel::WakeList wake;
  Guard guard{lock_};
  shut_down_.store(true, std::memory_order_relaxed);
  if (dropped) {
    dropping_ = true;
    while (Node* node = unstore()) {
      dropped->push(*node);
      set_size(size() - 1);
      // Zero if task_done() was called for an item that is still stored.
      if (unfinished_ > 0) --unfinished_;
    }
    if (unfinished_ == 0) wake.claim_all(joiners_);
  }
  match_waiters(guard, wake);
}

template <class Storage>
void QueueCore<Storage>::visit(void (*visitor)(Node& node, void* argument),
                               void* argument) noexcept {
  const Guard guard{lock_};
  storage_.visit(visitor, argument);
}

template <class Storage>
std::size_t QueueCore<Storage>::unfinished() noexcept {
  const Guard guard{lock_};
  return unfinished_;
}

template class QueueCore<FifoStorage>;
template class QueueCore<LifoStorage>;
template class QueueCore<PriorityStorage>;

}  // namespace mtaio::internal
