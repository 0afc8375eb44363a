#include <mtaio/python/wait_handle.hpp>

#include <utility>

namespace mtaio::python {

bool WaitHandle::start(EventLoop& loop) noexcept {
  loop_ = &loop;
  loop.retain();
  return start_on(loop);
}

bool WaitHandle::start(std::unique_ptr<BlockedThread> thread) noexcept {
  thread_ = std::move(thread);
  return start_on(*thread_);
}

bool WaitHandle::start_on(lowlevel::Poster& poster) noexcept {
  owners_.set(2);  // the operation, and the thread that will claim the waiter
  {
    const EventLoop::Batch batch;
    waits_ = enlist(poster);
  }
  if (!waits_) owners_.set(1);
  return waits_;
}

OperationFuture* WaitHandle::suspend(PyObject* owner) {
  future_ = loop_->create_future(owner);
  return future_;
}

bool WaitHandle::claim_back() noexcept {
  if (!claim()) return false;
  forget();
  release();  // for the claimer
  return true;
}

void WaitHandle::abandon() noexcept {
  OperationFuture::drop(future_);
  const bool over = arrived_ && settled_.load(std::memory_order_relaxed);
  if (waits_ && !over && !claim_back()) {
    bool undone = false;
    {
      const EventLoop::Batch batch;
      forget();  // wake/give-up: from here on, what the claimer has given is visible
      if (take()) {
        undo();
        undone = true;
      }
    }
    if (undone) EventLoop::flush_unraisable();
  }
  release();
}

void WaitHandle::arrive() noexcept {
  if (thread_ ? thread_->is_of_parent() : loop_->closed()) {
    if (take()) undo();
  } else if (thread_) {
    thread_->wake();
  } else {
    arrived_ = true;
    // The loop reports an exception that this raises.
    if (future_) (void)future_->complete(loop_->may_step());
  }
  release();
}

}  // namespace mtaio::python
