#include <mtaio/queue/core.hpp>

#include <mtaio/coro/budget.hpp>
#include <mtaio/coro/thread_context.hpp>
#include <mtaio/lowlevel/contract.hpp>

#include <limits>
#include <stdexcept>
#include <string>

namespace mtaio::internal {
namespace {

std::size_t checked_max_size(const char* name, std::ptrdiff_t max_size) {
  if (max_size < 0) {
    throw std::invalid_argument{std::string{name} + "(" + std::to_string(max_size) +
                                "): maxsize cannot be negative; use 0 for an unbounded queue."};
  }
  return max_size == 0 ? std::numeric_limits<std::size_t>::max()
                       : static_cast<std::size_t>(max_size);
}

}  // namespace

template <class Storage>
QueueCore<Storage>::QueueCore(const char* name, std::ptrdiff_t max_size, bool keeps_places)
    : name_{name}, max_size_{checked_max_size(name, max_size)}, keeps_places_{keeps_places} {}

template <class Storage>
QueueCore<Storage>::~QueueCore() {
  const char* waiting = nullptr;
  if (!joiners_.empty()) waiting = "join()";
  if (!putters_.empty()) waiting = "put()";
  if (!getters_.empty()) waiting = "get()";
  if (waiting) {
    lowlevel::contract_violation(
        std::string{name_} + " destroyed while tasks wait in " + waiting +
        ". A queue outlives its waiters; shut it down, or stop the waiters, and "
        "wait for them before it "
        "goes.");
  }
}

template <class Storage>
void QueueCore<Storage>::give(Getter& getter, Node& node) noexcept {
  getter.node = &node;
  getter.keeps_place = keeps_places_ || getter.may_put_back;
  if (!getter.keeps_place) set_size(size() - 1);
}

template <class Storage>
void QueueCore<Storage>::settle(Guard& guard, lowlevel::WakeList& wake) noexcept {
  for (;;) {
    auto* getter = storage_.empty() ? nullptr : static_cast<Getter*>(getters_.claim_first());
    if (getter) {
      give(*getter, *unstore());
      wake.add(*getter);
      continue;
    }
    if (!has_room() || is_shut_down()) break;
    auto* putter = static_cast<Putter*>(putters_.claim_first());
    if (!putter) break;
    // One at a time, so that the items of waiting putters are stored in the order in which they
    // came.
    set_size(size() + 1);
    if (putter->brings_item) {
      wake.add(*putter);
      continue;
    }
    if (!putter->node) {
      serving_putter_ = true;
      guard.unlock();
      try {
        putter->node = &putter->make_node();
      } catch (...) {
        putter->error = std::current_exception();
      }
      guard.lock();
      serving_putter_ = false;
    }
    if (putter->node && !dropping_) {
      store(*putter->node);
      putter->node = nullptr;
    } else {
      set_size(size() - 1);
      putter->shut_down = dropping_;
    }
    wake.add(*putter);
  }
  if (!is_shut_down()) return;
  while (auto* putter = static_cast<Putter*>(putters_.claim_first())) {
    putter->shut_down = true;
    wake.add(*putter);
  }
  if (serving_putter_) return;  // an item is on its way; whoever brings it comes back here
  while (auto* getter = static_cast<Getter*>(getters_.claim_first())) {
    getter->shut_down = true;
    wake.add(*getter);
  }
}

template <class Storage>
[[gnu::noinline]] void QueueCore<Storage>::settle_and_unlock() noexcept {
  lowlevel::WakeList wake;
  Guard guard{lock_, std::adopt_lock};
  settle(guard, wake);
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
  auto* getter = static_cast<Getter*>(getters_.claim_first());
  if (getter) {  // so nothing is stored (I2), and this is the next item
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
    return Push::kTurnOver;
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
typename QueueCore<Storage>::Push QueueCore<Storage>::take_place() noexcept {
  const Guard guard{lock_};
  if (is_shut_down()) return Push::kShutDown;
  if (!has_room()) return Push::kFull;
  set_size(size() + 1);
  return Push::kStored;
}

template <class Storage>
bool QueueCore<Storage>::fill_place(Node& node) noexcept {
  lowlevel::WakeList wake;
  Guard guard{lock_};
  if (dropping_) {
    set_size(size() - 1);
    return false;
  }
  store(node);
  settle(guard, wake);
  return true;
}

template <class Storage>
typename QueueCore<Storage>::Push QueueCore<Storage>::bring(Node& node) noexcept {
  lowlevel::WakeList wake;
  Guard guard{lock_};
  if (is_shut_down()) {
    set_size(size() - 1);
    return Push::kShutDown;
  }
  store(node);
  settle(guard, wake);
  return Push::kStored;
}

template <class Storage>
bool QueueCore<Storage>::wait_to_put(Putter& putter) {
  lowlevel::WakeList wake;
  for (;;) {
    Guard guard{lock_};
    if (is_shut_down()) {
      putter.shut_down = true;
      putter.complete_inline();
      return false;
    }
    if (!has_room()) {
      if (!putter.commit()) return false;
      putters_.add(putter);
      return true;
    }
    if (putter.brings_item) {
      putter.complete_inline();
      set_size(size() + 1);
      return false;
    }
    if (putter.node) {
      putter.complete_inline();
      set_size(size() + 1);
      store(*putter.node);
      putter.node = nullptr;
      settle(guard, wake);
      return false;
    }
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
    const bool shut_down = is_shut_down() && !serving_putter_;
    lock_.unlock();
    return {nullptr, shut_down, false};
  }
  if (!keeps_places_) set_size(size() - 1);
  if (!keeps_places_ && !putters_.empty()) {
    settle_and_unlock();
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
bool QueueCore<Storage>::wait_to_get(Getter& getter) noexcept {
  lock_.lock();
  if (!storage_.empty() || (is_shut_down() && !serving_putter_)) [[unlikely]]
    return get_after_all(getter);
  const bool waits = getter.commit();
  if (waits) getters_.add(getter);
  lock_.unlock();
  return waits;
}

template <class Storage>
bool QueueCore<Storage>::get_after_all(Getter& getter) noexcept {
  lowlevel::WakeList wake;
  Guard guard{lock_, std::adopt_lock};
  getter.complete_inline();
  if (Node* node = unstore()) {  // it has come since await_ready()
    give(getter, *node);
    settle(guard, wake);
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
void QueueCore<Storage>::leave_place() noexcept {
  lowlevel::WakeList wake;
  Guard guard{lock_};
  set_size(size() - 1);
  settle(guard, wake);
}

template <class Storage>
void QueueCore<Storage>::put_back(Node& node) noexcept {
  lowlevel::WakeList wake;
  Guard guard{lock_};
  storage_.put_back(node);
  set_stored(stored() + 1);
  settle(guard, wake);
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
bool QueueCore<Storage>::wait_to_join(lowlevel::Waiter& joiner) noexcept {
  const Guard guard{lock_};
  if (unfinished_ == 0) {
    joiner.complete_inline();
    return false;
  }
  if (!joiner.commit()) return false;
  joiners_.add(joiner);
  return true;
}

template <class Storage>
void QueueCore<Storage>::forget_joiner(lowlevel::Waiter& joiner) noexcept {
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
      if (unfinished_ > 0) --unfinished_;  // task_done() may have come before get()
    }
    if (unfinished_ == 0) wake.claim_all(joiners_);
  }
  settle(guard, wake);
}

template <class Storage>
void QueueCore<Storage>::look_through(void (*see)(Node& node, void* with), void* with) noexcept {
  const Guard guard{lock_};
  storage_.look_through(see, with);
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
