/// The tree of scopes in which stop requests travel downwards.
#pragma once

#include <mtaio/base/slow_path.hpp>
#include <mtaio/lowlevel/intrusive_list.hpp>
#include <mtaio/lowlevel/spin_lock.hpp>

#include <atomic>
#include <cstdint>
#include <mutex>

namespace mtaio::lowlevel {

class StopScope;

/// An object that is notified when a scope is asked to stop: a callback, or a scope below.
class StopNode : public ListNode<StopNode> {
 public:
  /// Called at most once, on the thread that requests the stop, with no lock held.
  using Notify = void (*)(StopNode&) noexcept;

  constexpr explicit StopNode(Notify notify) noexcept : notify_{notify} {}

 private:
  friend class StopScope;
  /// Null in a StopScope.
  const Notify notify_;
};

/// A scope of cancellation: a request to stop it is a request to stop everything below it.
///
/// A scope costs nothing until a task waits in it. It starts as a pointer to its parent and a flag.
/// The first `attach()` attaches it to its parent, the parent to its own parent, and so on; before
/// that, the scopes above do not know it, and it finds their requests by looking upwards.
///
/// Lifetime: a scope must outlive the nodes that were added to it, and the parent must outlive the
/// scope, unless `close()` is called before. `remove()` and the destructor wait for a notification
/// that is running on another thread, as the destructor of `std::stop_callback` does.
///
/// request/see   A thread that sees the request (acquire) also sees all that the requesting thread
///               did before it made the request (release).
/// flag/see      `request_stop_noting()` sets a flag of the caller (release) before it notifies any
///               node. A thread that sees the flag (acquire) also sees what the requesting thread
///               did before.
/// queue/finish  A thread in `remove()` that waits for the end of a notification puts its `Removal`
///               in a list of the walk (release). The walk takes the list (acquire) after each
///               notification, and reads the removals. No removal is missed: both happen under the
///               lock of the scope.
class [[gnu::visibility("default")]] StopScope : private StopNode {
 public:
  /// For a scope that may stop by itself, such as one with a deadline. Called on any thread, with
  /// no lock held.
  class Hooks {
   public:
    /// Returns whether it is time to stop; if so, it has requested the stop.
    virtual bool poll() noexcept = 0;
    /// The scope was attached: a task waits in it, or below it, for the first time.
    virtual void attached() noexcept = 0;

   protected:
    ~Hooks() = default;
  };

  explicit StopScope(StopScope* parent, Hooks* hooks = nullptr) noexcept
      : StopNode{nullptr}, hooks_{hooks}, parent_{parent} {}
  /// `set_parent()` must be called before the scope is used.
  StopScope() noexcept : StopNode{nullptr}, hooks_{nullptr} {}  // NOLINT(*-member-init)
  StopScope(const StopScope&) = delete;
  StopScope& operator=(const StopScope&) = delete;
  ~StopScope() {
    if (used()) detach();
  }

  /// Gives a scope that was made without one its parent, which may be null.
  void set_parent(StopScope* parent) noexcept { parent_ = parent; }
  [[nodiscard]] StopScope* parent() const noexcept { return parent_; }

  /// Detaches the scope from its parent, which may be destroyed first from now on. REQUIRES: no
  /// task waits in the scope, and no other thread calls anything but `request_stop()`.
  void close() noexcept {
    if (used()) detach();
    parent_ = nullptr;
  }

  /// Whether a request has been delivered to this scope. Cheaper than `stop_requested()`, but
  /// later: a request to a scope above is delivered only to scopes that are attached.
  [[nodiscard]] bool stop_arrived() const noexcept {
    // acquire: request/see.
    return (state_.load(std::memory_order_acquire) & kStopped) != 0;
  }

  /// Whether this scope or one above it was asked to stop. Looks at every scope above. Any thread.
  [[nodiscard]] bool stop_requested() const noexcept { return stopped_at() != nullptr; }
  /// The same, and calls `notice()` if so.
  [[nodiscard]] bool notice_if_requested() noexcept { return noticed_at(stopped_at()); }

  /// The same as `stop_requested()`, for code of the library, which asks at each level of a tree of
  /// tasks. Looks at 64 scopes at most and attaches the next one, so that requests from further up
  /// are delivered to it. A deadline further up counts when its timer has fired. Any thread.
  [[nodiscard]] bool stop_requested_nearby() noexcept { return stopped_nearby() != nullptr; }
  /// The same, and calls `notice()` if so.
  [[nodiscard]] bool notice_if_requested_nearby() noexcept { return noticed_at(stopped_nearby()); }

  /// Records that a task in this scope has noticed the stop request: because of it a wait ended or
  /// did not begin, or a token reported it. Records it also in the scopes above that were asked to
  /// stop, up to the first that has it recorded: so the levels of a deep tree do not each walk all
  /// the way up.
  void notice() noexcept;
  /// Whether a task has noticed the request. If none has, the request has changed nothing.
  /// REQUIRES: the tasks in the scope have ended.
  [[nodiscard]] bool noticed() const noexcept {
    return noticed_.load(std::memory_order_relaxed) != 0;
  }

  /// Asks this scope and everything below it to stop. Returns false if it was asked before. Any
  /// thread. Iterative: the depth of the tree does not grow the stack.
  bool request_stop() noexcept { return request_stop_noting(nullptr); }
  /// The same, and sets `*first` if the scope was not asked before. `*first` is set before any node
  /// is notified, because a notification may destroy the scope.
  bool request_stop_noting(std::atomic<bool>* first) noexcept;

  /// Adds a node to be notified when this scope is asked to stop. If it was asked already, the node
  /// is notified during this call. Any thread.
  void add(StopNode& node) noexcept {
    attach();
    if (!add_unless_stopped(node)) node.notify_(node);
  }

  /// From now on, requests to the scopes above are delivered to this one. Any thread.
  void attach() noexcept {
    if (!used()) [[unlikely]]
      attach_upwards();
  }
  /// Adds a node to be notified when this scope is asked to stop; returns false if it was asked
  /// already. Notifies no node, so the caller may hold a lock that notifications take. REQUIRES:
  /// the scope is attached.
  [[nodiscard]] bool add_unless_stopped(StopNode& node) noexcept {
    const std::scoped_lock guard{lock_};
    if (state_.load(std::memory_order_relaxed) & kStopped) [[unlikely]]
      return false;
    nodes_.push_back(node);
    return true;
  }

  /// Removes a node, if it was added. When it returns, the node is not being notified and will not
  /// be, except by the calling thread itself.
  void remove(StopNode& node) noexcept {
    if (!remove_linked(node)) [[unlikely]]
      internal::call_slow_path(
          [](StopScope* scope, StopNode* notified) noexcept { scope->remove_notified(*notified); },
          this, &node);
  }

 private:
  // The bits of state_; neither is ever reset.
  /// The scope was asked to stop.
  static constexpr std::uint16_t kStopped = 1;
  /// The scope is in the parent's list, or the thread that set the bit is about to put it there.
  static constexpr std::uint16_t kAttached = 2;

  [[nodiscard]] bool used() const noexcept { return state_.load(std::memory_order_relaxed) != 0; }
  /// Sets a bit of state_; returns false if it was set before. REQUIRES: lock_ is held.
  bool mark(std::uint16_t flag) noexcept;
  void detach() noexcept;
  void attach_upwards() noexcept;
  /// The first scope from here upwards that was asked to stop; null if none was.
  [[nodiscard]] StopScope* stopped_at() const noexcept;
  /// The same among the nearest 64: see `stop_requested_nearby()`.
  [[nodiscard]] StopScope* stopped_nearby() noexcept;
  /// Whether a request was delivered to this scope, or its deadline has passed.
  [[nodiscard]] bool is_to_stop() const noexcept {
    return stop_arrived() || (hooks_ != nullptr && hooks_->poll());
  }
  static bool noticed_at(StopScope* stopped) noexcept {
    if (stopped) stopped->notice();
    return stopped != nullptr;
  }
  /// Removes a node that has not been notified; returns false for any other.
  [[nodiscard]] bool remove_linked(StopNode& node) noexcept {
    const std::scoped_lock guard{lock_};
    const bool linked = node.linked();
    if (linked) [[likely]]
      nodes_.erase(node);
    return linked;
  }
  void remove_notified(StopNode& node) noexcept;
  static void notify_all(StopScope& top) noexcept;

  struct Walk;
  struct Removal;

  // The members that are zero at first are adjacent and without gaps, so that few instructions
  // initialise them.
  Hooks* const hooks_;
  /// Written under lock_.
  std::atomic<std::uint16_t> state_{0};
  std::atomic<std::uint16_t> noticed_{0};
  /// Guards nodes_, notifying_ and walk_. A thread that needs the locks of a child and of its
  /// parent takes the child's first.
  SpinLock lock_;
  /// The nodes that have not been notified.
  IntrusiveList<StopNode> nodes_;
  /// The node that is being notified, or the child scope in which the walk is.
  StopNode* notifying_ = nullptr;
  /// The walk that notifies it.
  Walk* walk_ = nullptr;
  /// Null once closed.
  StopScope* parent_;
};

}  // namespace mtaio::lowlevel
