#include <mtaio/lowlevel/stop_scope.hpp>

#include <mtaio/lowlevel/thread_mark.hpp>

#include <sched.h>

#include <mutex>

namespace mtaio::lowlevel {
bool StopScope::mark(std::uint32_t flag) noexcept {
  const std::uint32_t state = state_.load(std::memory_order_relaxed);
  // release: whoever sees the stop also sees what happened before it was requested.
  state_.store(state | flag, std::memory_order_release);
  return !(state & flag);
}

bool StopScope::stop_requested() const noexcept {
  for (const StopScope* scope = this; scope; scope = scope->parent_) {
    if (scope->state_.load(std::memory_order_acquire) & kStopped) return true;
    if (scope->hooks_ && scope->hooks_->poll()) return true;
  }
  return false;
}

void StopScope::notice() noexcept {
  for (StopScope* scope = this; scope; scope = scope->parent_) {
    if (scope->stop_arrived() && !scope->noticed()) {
      scope->noticed_.store(true, std::memory_order_relaxed);
    }
  }
}

bool StopScope::request_stop() noexcept {
  lock_.lock();
  if (!mark(kStopped)) {
    lock_.unlock();
    return false;
  }
  notify_all(*this);
  return true;
}

/// Walks the tree below `top` depth first. Takes over top's lock. A scope below stays alive while
/// it is visited because its parent says that it is being notified, and its destructor waits for
/// that.
void StopScope::notify_all(StopScope& top) noexcept {
  StopScope* scope = &top;
  for (;;) {
    StopNode* node = scope->nodes_.pop_front();
    scope->notifying_ = node;
    if (!node) {
      StopScope* above = scope == &top ? nullptr : scope->parent_;
      scope->lock_.unlock();
      if (!above) return;
      scope = above;
      scope->lock_.lock();
      continue;
    }
    scope->notifying_thread_ = this_thread_mark();
    scope->lock_.unlock();
    if (node->notify_) {
      node->notify_(*node);
      scope->lock_.lock();
      continue;
    }
    auto& below = static_cast<StopScope&>(*node);
    below.lock_.lock();
    if (below.mark(kStopped)) {
      scope = &below;
    } else {  // asked before, by somebody else, who notifies what is in it
      below.lock_.unlock();
      scope->lock_.lock();
    }
  }
}

void StopScope::add(StopNode& node) noexcept {
  std::unique_lock guard{lock_};
  if (state_.load(std::memory_order_relaxed) & kStopped) {
    guard.unlock();
    node.notify_(node);
    return;
  }
  nodes_.push_back(node);
  if (!mark(kAttached)) return;
  guard.unlock();
  attach_upwards();
}

void StopScope::attach_upwards() noexcept {
  // Bottom up, so that no depth of nesting grows the stack. Until the last step the chain hangs in
  // the air, and whoever finds it attached relies on us: if the scope above turns out to be stopped
  // already, we deliver that.
  for (StopScope* scope = this;; scope = scope->parent_) {
    if (scope->hooks_) scope->hooks_->attached();
    StopScope* parent = scope->parent_;
    if (!parent) return;
    std::unique_lock guard{parent->lock_};
    if (parent->state_.load(std::memory_order_relaxed) & kStopped) {
      guard.unlock();
      scope->request_stop();
      return;
    }
    parent->nodes_.push_back(*scope);
    if (!parent->mark(kAttached)) return;
  }
}

void StopScope::remove(StopNode& node) noexcept {
  std::unique_lock guard{lock_};
  if (node.linked()) {
    nodes_.erase(node);
    return;
  }
  while (notifying_ == &node && notifying_thread_ != this_thread_mark()) {
    guard.unlock();
    sched_yield();
    guard.lock();
  }
}

void StopScope::detach() noexcept {
  if (parent_) parent_->remove(*this);
}

}  // namespace mtaio::lowlevel
