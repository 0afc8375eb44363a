#include <mtaio/lowlevel/stop_scope.hpp>

#include <mtaio/platform/blocking_handler.hpp>
#include <mtaio/platform/thread_event.hpp>
#include <mtaio/platform/thread_id.hpp>

#include <mutex>

namespace mtaio::lowlevel {
namespace {

// The number of scopes that the library looks at before it attaches the next one, so that requests
// from further up are delivered to that one.
constexpr int kNearby = 64;

}  // namespace

/// A call of remove() that waits for the end of a notification in `scope`. This object is on the
/// stack of the thread that waits.
struct StopScope::Removal {
  explicit Removal(const StopScope& removed_in) noexcept : scope{&removed_in} {}

  const StopScope* scope;
  internal::ThreadEvent notified;
  Removal* next = nullptr;
};

/// A walk through the scopes below a scope that is asked to stop. This object is on the stack of
/// the thread that requests the stop.
struct StopScope::Walk {
  const void* thread;
  StopScope* top;
  /// Where the walk is; null if a callback of the walk has destroyed `top`.
  StopScope* scope;
  std::atomic<Removal*> removals{nullptr};

  /// REQUIRES: the lock of the removal's scope is held.
  void add(Removal& removal) noexcept {
    removal.next = removals.load(std::memory_order_relaxed);
    // release: queue/finish.
    while (!removals.compare_exchange_weak(removal.next, &removal, std::memory_order_release,
                                           std::memory_order_relaxed)) {
    }
  }

  /// No node of `visited` is being notified any more: ends the removals that wait for that.
  /// REQUIRES: the lock of `visited` is held.
  void finish_removals(const StopScope& visited) noexcept {
    if (!removals.load(std::memory_order_relaxed)) return;
    // acquire: queue/finish.
    Removal* each = removals.exchange(nullptr, std::memory_order_acquire);
    while (each) {
      Removal* next = each->next;
      if (each->scope == &visited) {
        each->notified.set();
      } else {
        add(*each);
      }
      each = next;
    }
  }
};

bool StopScope::mark(std::uint16_t flag) noexcept {
  const std::uint16_t state = state_.load(std::memory_order_relaxed);
  // release: request/see.
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
  // How many of the visited scopes are not attached: requests from above are not delivered to them.
  int unaware = 0;
  for (StopScope* scope = this; scope; scope = scope->parent_) {
    if (!scope->used() && ++unaware > kNearby) scope->attach();
    // acquire: request/see.
    const std::uint16_t state = scope->state_.load(std::memory_order_acquire);
    if (state & kStopped) {
      // The first notice() here continued to the scopes above that had been asked to stop by then.
      // A later request to a scope above changed nothing here.
      if (scope->noticed()) return;
      scope->noticed_.store(1, std::memory_order_relaxed);
    } else if (state & kAttached) {
      // A request to a scope above would have been delivered here.
      return;
    }
  }
}

bool StopScope::request_stop_noting(std::atomic<bool>* first) noexcept {
  lock_.lock();
  if (!mark(kStopped)) {
    lock_.unlock();
    return false;
  }
  // release: flag/see.
  if (first) first->store(true, std::memory_order_release);
  notify_all(*this);
  return true;
}

/// Walks the tree below `top` depth first, and notifies all nodes. The caller has locked `top`;
/// this unlocks it.
///
/// Each turn of the loop begins with the lock of one scope held, and has these steps:
///
///  1. The node that was taken in the last turn has been notified: the removals that wait for that
///     are finished.
///  2. The next node is taken out of the list, and recorded as being notified.
///  3. If none is left, the scope is done. The walk continues in the parent, or ends at `top`.
///  4. If the node is a callback, it is called without a lock.
///  5. If the node is a scope, the walk descends into it. If that scope was asked to stop before,
///     the thread that asked notifies its nodes, and the walk stays where it is.
///
/// A scope below `top` is not destroyed while the walk is in it: its parent records it as being
/// notified (step 2), and its destructor waits for the end of that in `remove()`. There is one
/// exception: a callback of this very walk may destroy the scope it is in. Then `detach()` moves
/// the walk to the scope above, or ends it if that scope was `top`.
void StopScope::notify_all(StopScope& top) noexcept {
  Walk walk{internal::this_thread_id(), &top, &top};
  for (;;) {
    StopScope* scope = walk.scope;
    scope->walk_ = &walk;
    // Step 1.
    walk.finish_removals(*scope);
    // Step 2.
    StopNode* node = scope->nodes_.pop_front();
    scope->notifying_ = node;
    // Step 3.
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
    // Step 4.
    if (node->notify_) {
      node->notify_(*node);
      if (!walk.scope) return;
      walk.scope->lock_.lock();
      continue;
    }
    // Step 5.
    auto& below = static_cast<StopScope&>(*node);
    below.lock_.lock();
    if (below.mark(kStopped)) {
      walk.scope = &below;
    } else {
      below.lock_.unlock();
      scope->lock_.lock();
    }
  }
}

/// Attaches this scope and those above it, from the bottom upwards, so that no depth of nesting
/// grows the stack:
///
///  1. This scope is marked as attached. If it was marked before, nothing else is done.
///  2. The hooks of the scope are called.
///  3. If the parent was asked to stop, the request is delivered to the scope, and nothing else is
///     done.
///  4. The scope is put into the parent's list. If the parent was marked before, nothing else is
///     done; otherwise the parent is marked, and steps 2 to 4 follow for it.
///
/// A scope is marked before it is connected with the scopes above. Other threads that find the mark
/// do not look upwards any more: they rely on this thread, which delivers a request in step 3.
void StopScope::attach_upwards() noexcept {
  // Step 1.
  {
    const std::scoped_lock guard{lock_};
    if (used()) return;
    (void)mark(kAttached);
  }
  for (StopScope* scope = this;; scope = scope->parent_) {
    // Step 2.
    if (scope->hooks_) scope->hooks_->attached();
    StopScope* parent = scope->parent_;
    if (!parent) return;
    // Step 3.
    std::unique_lock guard{parent->lock_};
    if (parent->state_.load(std::memory_order_relaxed) & kStopped) {
      guard.unlock();
      scope->request_stop();
      return;
    }
    // Step 4.
    parent->nodes_.push_back(*scope);
    if (!parent->mark(kAttached)) return;
  }
}

void StopScope::remove_notified(StopNode& node) noexcept {
  std::unique_lock guard{lock_};
  if (notifying_ != &node || walk_->thread == internal::this_thread_id()) return;
  Removal removal{*this};
  walk_->add(removal);
  guard.unlock();
  // This may take long: the node may be a callback that destroys an executor.
  internal::block_until(removal.notified);
}

void StopScope::detach() noexcept {
  const std::uint16_t state = state_.load(std::memory_order_relaxed);
  if ((state & kAttached) && parent_) parent_->remove(*this);
  if (!(state_.load(std::memory_order_relaxed) & kStopped)) return;
  const std::scoped_lock guard{lock_};
  if (walk_ && walk_->thread == internal::this_thread_id()) {
    // A callback of the walk, further down on this stack, destroys or closes this scope.
    walk_->scope = walk_->top == this ? nullptr : parent_;
  }
}

}  // namespace mtaio::lowlevel
