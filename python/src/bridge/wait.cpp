#include <mtaio/python/wait.hpp>

namespace mtaio::python {

Wait::Start Wait::start(EventLoop& loop, PyObject* owner) {
  loop_ = &loop;
  loop.hold();
  // Made before it waits: nothing may fail afterwards.
  const Reference of = loop.loop();
  pending_ = of ? Pending::create(of.get()) : nullptr;
  if (!pending_) return Start::kError;
  pending_->owner = owner;
  owners_.store(2, std::memory_order_relaxed);  // the operation, and whoever will claim it
  bool waits = false;
  {
    const EventLoop::Calling calling;
    waits = enlist(loop);
  }
  if (!waits) {
    owners_.store(1, std::memory_order_relaxed);
    forget_pending();
  }
  waits_ = waits;
  return waits ? Start::kWaits : Start::kServed;
}

void Wait::forget_pending() noexcept {
  if (!pending_) return;
  pending_->owner = nullptr;
  Py_CLEAR(pending_);
}

bool Wait::claim_back() noexcept {
  if (!claim()) return false;
  forget();
  let_go();  // in the place of a claimer
  return true;
}

void Wait::abandon() noexcept {
  forget_pending();
  const bool over = arrived_ && settled_.load(std::memory_order_relaxed);
  if (waits_ && !over && !claim_back()) {
    bool undone = false;
    {
      const EventLoop::Calling calling;
      forget();  // E1: after this, what the claimer has given it is there
      if (take()) {
        undo();
        undone = true;
      }
    }
    if (undone) EventLoop::deliver_unraisable();
  }
  let_go();
}

void Wait::arrive() noexcept {
  if (loop_->closed()) {
    if (take()) undo();
  } else {
    arrived_ = true;
    if (pending_) {
      const Reference keep = Reference::to(pending_->object());
      (void)pending_->complete(loop_->may_step());  // what it raises, the loop reports
    }
  }
  let_go();
}

}  // namespace mtaio::python
