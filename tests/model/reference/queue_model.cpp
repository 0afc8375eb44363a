#include "model/reference/queue_model.hpp"

#include <algorithm>

namespace model {

// --- Putting ---

void QueueModel::put_at_once(Wait& wait) noexcept {
  wait.made = false;
  if (!full()) move({.why = Why::kPut, .item = wait.item, .whose = &wait});
}

void QueueModel::put(Wait& wait) noexcept {
  if (shut_down_) {
    waits_.end(wait, End::kShutDown);
  } else if (!has_room()) {
    waits_.enter(wait, &putters_);
  } else if (wait.made) {
    accept(wait);
  } else {
    move({.why = Why::kLatePut, .item = wait.item, .whose = &wait});
  }
}

void QueueModel::try_put(int number, double priority) noexcept {
  tried_ = has_room() ? TryPut::kDone : TryPut::kFull;
  if (shut_down_) tried_ = TryPut::kShutDown;
  if (tried_ != TryPut::kDone) return;
  ++size_;
  move({.why = Why::kFill, .item = number, .priority = priority});
}

void QueueModel::accept(Wait& putter) noexcept {
  ++size_;
  store(putter.item, putter.priority);
  waits_.end(putter, End::kServed);
  settle();
}

void QueueModel::store(int number, double priority) noexcept {
  ++unfinished_;
  store_.push(number, priority);
}

// --- Getting ---

void QueueModel::get_at_once(Wait& wait) noexcept {
  if (store_.size() > 0) {
    give(wait);
    settle();
  } else if (shut_down_ && !serving_) {
    waits_.end(wait, End::kShutDown);
  }
}

void QueueModel::get(Wait& wait) noexcept {
  get_at_once(wait);
  if (wait.end == End::kNone) waits_.enter(wait, &getters_);
}

int QueueModel::try_get() noexcept {
  if (store_.size() == 0) return 0;
  const int number = take();
  settle();
  return number;
}

void QueueModel::give(Wait& getter) noexcept {
  getter.item = take();
  waits_.end(getter, End::kServed);
}

int QueueModel::take() noexcept {
  const ItemStore::Item item = store_.take();
  if (rules_.keeps_places) {
    leaving_[left_++] = item;
  } else {
    --size_;
  }
  return item.number;
}

// --- Moving ---

void QueueModel::move(const Move& next) noexcept {
  if (!rules_.moves_show) return moved(next, true);
  expect(!moves_expected(), "an item should have been moved, and was not");
  expected_ = next;
}

void QueueModel::moved(const Move& move, bool well) noexcept {
  switch (move.why) {
    case Why::kPut:
      return made(*move.whose, well, false);
    case Why::kLatePut:
      return made(*move.whose, well, true);
    case Why::kServe:
      serving_ = false;
      served(*move.whose, well);
      return settle();
    case Why::kFill:
      return filled(move, well);
    case Why::kTake:
      return taken(move, well);
    default:
      diverged("an item was moved for no reason");
  }
}

void QueueModel::made(Wait& putter, bool well, bool late) noexcept {
  if (!well) return waits_.end(putter, End::kFailed);
  putter.made = true;
  if (late) {
    put(putter);
  } else if (shut_down_) {
    waits_.end(putter, End::kShutDown);
  } else if (has_room()) {
    accept(putter);
  }
}

void QueueModel::served(Wait& putter, bool well) noexcept {
  if (well && !dropping_) return store(putter.item, putter.priority);
  --size_;
  waits_.end(putter, well ? End::kShutDown : End::kFailed);
}

void QueueModel::filled(const Move& move, bool well) noexcept {
  tried_ = well ? TryPut::kDone : TryPut::kFailed;
  if (well && !dropping_) {
    store(move.item, move.priority);
  } else {
    --size_;
  }
  settle();
}

void QueueModel::taken(const Move& move, bool well) noexcept {
  if (!rules_.keeps_places) return;
  auto* const end = leaving_.begin() + left_;
  auto* const at = std::find_if(
      leaving_.begin(), end, [&](const ItemStore::Item& item) { return item.number == move.item; });
  expect(at != end, "an item was taken twice");
  const ItemStore::Item item = *at;
  std::copy(at + 1, end, at);
  --left_;
  if (well) {
    --size_;
  } else {
    store_.put_back(item);
    if (move.whose) waits_.end(*move.whose, End::kFailed);
  }
  settle();
}

// --- The rest ---

/// Everybody who waits and need not gets what they wait for.
void QueueModel::settle() noexcept {
  for (;;) {
    if (store_.size() > 0 && !getters_.empty()) {
      give(*getters_.take_first());
    } else if (has_room() && !shut_down_ && !putters_.empty()) {
      // One at a time, so that items are stored in the order in which their putters came.
      Wait& putter = *putters_.take_first();
      waits_.end(putter, End::kServed);  // nothing else can end it any more
      ++size_;
      if (!putter.made && rules_.moves_show) {
        serving_ = true;
        return move({.why = Why::kServe, .item = putter.item, .whose = &putter});
      }
      store(putter.item, putter.priority);
    } else {
      break;
    }
  }
  if (!shut_down_) return;
  while (Wait* putter = putters_.take_first()) waits_.end(*putter, End::kShutDown);
  if (serving_) return;  // an item is on its way
  while (Wait* getter = getters_.take_first()) waits_.end(*getter, End::kShutDown);
}

bool QueueModel::task_done() noexcept {
  if (unfinished_ == 0) return false;
  --unfinished_;
  let_joiners_go();
  return true;
}

void QueueModel::join_at_once(Wait& wait) noexcept {
  if (unfinished_ == 0) waits_.end(wait, End::kServed);
}

void QueueModel::join(Wait& wait) noexcept {
  join_at_once(wait);
  if (wait.end == End::kNone) waits_.enter(wait, &joiners_);
}

void QueueModel::let_joiners_go() noexcept {
  if (unfinished_ > 0) return;
  while (Wait* joiner = joiners_.take_first()) waits_.end(*joiner, End::kServed);
}

void QueueModel::shut_down(bool immediately) noexcept {
  shut_down_ = true;
  if (immediately) {
    dropping_ = true;
    size_ -= store_.size();
    unfinished_ -= std::min(unfinished_, store_.size());
    store_.clear();
    let_joiners_go();
  }
  settle();
}

}  // namespace model
