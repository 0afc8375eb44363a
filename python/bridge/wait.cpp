#include <mtaio/python/wait.hpp>

#include <utility>

namespace mtaio::python {

bool Wait::start(EventLoop& loop) noexcept {
  loop_ = &loop;
  loop.hold();
  return start_on(loop);
}

bool Wait::start(std::unique_ptr<BlockedThread> thread) noexcept {
  thread_ = std::move(thread);
  return start_on(*thread_);
}

bool Wait::start_on(lowlevel::Scheduler& where) noexcept {
  owners_.store(2, std::memory_order_relaxed);  // the operation, and whoever will claim it
  {
    const EventLoop::Calling calling;
    waits_ = enlist(where);
  }
  if (!waits_) owners_.store(1, std::memory_order_relaxed);
  return waits_;
}

Pending* Wait::suspend(PyObject* owner) {
  const Reference of = loop_->loop();
  if (!of) {
    PyErr_SetString(PyExc_RuntimeError, "the event loop is gone");
    return nullptr;
  }
  pending_ = Pending::create(of.get());
  if (pending_) pending_->owner = owner;
  return pending_;
}

void Wait::forget_pending() noexcept { Pending::forget(pending_); }

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
  if (thread_ ? thread_->is_of_parent() : loop_->closed()) {
    if (take()) undo();
  } else if (thread_) {
    thread_->wake();
  } else {
    arrived_ = true;
    // What it raises, the loop reports.
    if (pending_) (void)pending_->complete(loop_->may_step());
  }
  let_go();
}

}  // namespace mtaio::python
