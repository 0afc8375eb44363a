#include <mtaio/lowlevel/stop_scope.hpp>

#include <mtaio/platform/blocking_handler.hpp>
#include <mtaio/platform/thread_event.hpp>
#include <mtaio/platform/thread_id.hpp>

#include <mutex>

namespace mtaio::lowlevel {
namespace {

// How many scopes code of the library looks at before it relies on being told.
constexpr int kNearby = 64;

}  // namespace

/// A call of remove() that waits until a node of `scope` has been notified. On its stack.
struct StopScope::Removal {
  explicit Removal(const StopScope& of) noexcept : scope{&of} {}

  const StopScope* scope;
  internal::ThreadEvent notified;
  Removal* next = nullptr;
};

/// A walk through the scopes below one that is asked to stop. On the stack of the thread that
/// walks.
struct StopScope::Walk {
  const void* thread;
  StopScope* top;
  StopScope* scope;  // where it is; null when `top` was destroyed by a callback of this walk
  std::atomic<Removal*> removals{nullptr};

  /// REQUIRES: the lock of the removal's scope is held.
  void await(Removal& removal) noexcept {
    removal.next = removals.load(std::memory_order_relaxed);
    while (!removals.compare_exchange_weak(removal.next, &removal, std::memory_order_release,
                                           std::memory_order_relaxed)) {
    }
  }

  /// No node of `of` is being notified any more.
  /// REQUIRES: the lock of `of` is held.
  void release(const StopScope& of) noexcept {
    if (!removals.load(std::memory_order_relaxed)) return;
    Removal* each = removals.exchange(nullptr, std::memory_order_acquire);
    while (each) {
      Removal* next = each->next;
      if (each->scope == &of) {
        each->notified.set();
      } else {
        await(*each);
      }
      each = next;
    }
  }
};

bool StopScope::mark(std::uint16_t flag) noexcept {
  const std::uint16_t state = state_.load(std::memory_order_relaxed);
  // release: whoever sees the stop also sees what happened before it was requested.
  state_.store(state | flag, std::memory_order_release);
  return (state & flag) == 0;
}

StopScope* StopScope::stopped_at() const noexcept {
  for (const StopScope* scope = this; scope; scope = scope->parent_) {
    if (scope->is_to_stop()) return const_cast<StopScope*>(scope);
  }
  return nullptr;
}

StopScope* StopScope::stopped_nearby() noexcept {
  StopScope* scope = this;
  for (int steps = 0; steps < kNearby; ++steps) {
    if (!scope) return nullptr;
    if (scope->is_to_stop()) return scope;
    scope = scope->parent_;
  }
  if (!scope) return nullptr;
  scope->attach();
  return scope->stop_arrived() ? scope : nullptr;
}

void StopScope::notice() noexcept {
  int unaware = 0;  // scopes passed that may not know of a request to one above
  for (StopScope* scope = this; scope; scope = scope->parent_) {
    if (!scope->used() && ++unaware > kNearby) scope->attach();
    const std::uint16_t state = scope->state_.load(std::memory_order_acquire);
    if (state & kStopped) {
      // What was asked to stop together with it has been noted then; a request that came later to a
      // scope above has not been noticed here, because this one had been stopped already.
      if (scope->noticed()) return;
      scope->noticed_.store(1, std::memory_order_relaxed);
    } else if (state & kAttached) {
      return;  // it would have been told
    }
  }
}

bool StopScope::request_stop_noting(std::atomic<bool>* first) noexcept {
  lock_.lock();
  if (!mark(kStopped)) {
    lock_.unlock();
    return false;
  }
  if (first) first->store(true, std::memory_order_release);
  notify_all(*this);
  return true;
}

/// Walks the tree below `top` depth first. Takes over top's lock. A scope below stays alive while
/// it is visited because its parent says that it is being notified, and its destructor waits for
/// that; unless it is destroyed by a callback of this very walk, which then goes on above it.
void StopScope::notify_all(StopScope& top) noexcept {
  Walk walk{internal::this_thread_id(), &top, &top};
  for (;;) {
    StopScope* scope = walk.scope;
    scope->walk_ = &walk;
    walk.release(*scope);
    StopNode* node = scope->nodes_.pop_front();
    scope->notifying_ = node;
    if (!node) {
      scope->walk_ = nullptr;
      StopScope* above = scope == &top ? nullptr : scope->parent_;
      scope->lock_.unlock();
      if (!above) return;
      walk.scope = above;
      above->lock_.lock();
      continue;
    }
    scope->lock_.unlock();
    if (node->notify_) {
      node->notify_(*node);
      if (!walk.scope) return;
      walk.scope->lock_.lock();
      continue;
    }
    auto& below = static_cast<StopScope&>(*node);
    below.lock_.lock();
    if (below.mark(kStopped)) {
      walk.scope = &below;
    } else {  // asked before, by somebody else, who notifies what is in it
      below.lock_.unlock();
      scope->lock_.lock();
    }
  }
}

void StopScope::attach_upwards() noexcept {
  {
    const std::scoped_lock guard{lock_};
    if (used()) return;
    (void)mark(kAttached);
  }
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

void StopScope::remove_notified(StopNode& node) noexcept {
  std::unique_lock guard{lock_};
  if (notifying_ != &node || walk_->thread == internal::this_thread_id()) return;
  Removal removal{*this};
  walk_->await(removal);
  guard.unlock();
  // This may take long: what is notified may be a callback that destroys an executor.
  internal::block_until(removal.notified);
}

void StopScope::detach() noexcept {
  const std::uint16_t state = state_.load(std::memory_order_relaxed);
  if ((state & kAttached) && parent_) parent_->remove(*this);
  if (!(state_.load(std::memory_order_relaxed) & kStopped)) return;
  const std::scoped_lock guard{lock_};
  if (walk_ && walk_->thread == internal::this_thread_id()) {
    // A callback further down on this stack's walk ends what ran in this scope.
    walk_->scope = walk_->top == this ? nullptr : parent_;
  }
}

}  // namespace mtaio::lowlevel
