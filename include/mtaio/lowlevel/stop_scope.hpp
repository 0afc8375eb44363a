/// The tree along which requests to stop travel.
#pragma once

#include <mtaio/lowlevel/intrusive_list.hpp>
#include <mtaio/lowlevel/spin_lock.hpp>

#include <atomic>
#include <cstdint>
#include <mutex>

namespace mtaio::lowlevel {

class StopScope;

/// Something to be told when a scope is asked to stop: a callback, or the scope below.
class StopNode : public ListNode<StopNode> {
 public:
  /// Called at most once, on the thread that requests the stop, with no lock held.
  using Notify = void (*)(StopNode&) noexcept;

  constexpr explicit StopNode(Notify notify) noexcept : notify_{notify} {}

 private:
  friend class StopScope;
  const Notify notify_;  // null in a StopScope
};

/// One scope of cancellation: asking it to stop asks everything below it to stop.
///
/// A scope costs nothing until somebody waits in it. It starts as a pointer to its parent and a
/// flag; the first `attach()` attaches it to its parent, the parent to its own, and so on upwards,
/// and only then do they know each other.
///
/// Lifetime: a scope outlives what was added to it, and the parent outlives the scope. `remove()`
/// and the destructor wait for a notification that is under way on another thread, as the
/// destructor of `std::stop_callback` does.
class [[gnu::visibility("default")]] StopScope : private StopNode {
 public:
  /// What a scope that may stop by itself (a deadline) does about it. Called on any thread, with no
  /// lock held.
  class Hooks {
   public:
    /// Is it time to stop? Requests the stop if so.
    virtual bool poll() noexcept = 0;
    /// Somebody waits in the scope for the first time.
    virtual void attached() noexcept = 0;

   protected:
    ~Hooks() = default;
  };

  explicit StopScope(StopScope* parent, Hooks* hooks = nullptr) noexcept
      : StopNode{nullptr}, hooks_{hooks}, parent_{parent} {}
  /// The parent is to be set before anybody uses the scope.
  StopScope() noexcept : StopNode{nullptr}, hooks_{nullptr} {}  // NOLINT(*-member-init)
  StopScope(const StopScope&) = delete;
  StopScope& operator=(const StopScope&) = delete;
  ~StopScope() {
    if (used()) detach();
  }

  /// Gives a scope that was made without one its parent, which may be null.
  void set_parent(StopScope* parent) noexcept { parent_ = parent; }
  [[nodiscard]] StopScope* parent() const noexcept { return parent_; }

  /// Nobody waits in the scope any more: takes it out of its parent, which may go first from now
  /// on. Not concurrently with anything but `request_stop()`.
  void close() noexcept {
    if (used()) detach();
    parent_ = nullptr;
  }

  /// Whether this scope itself knows that it is to stop. Cheaper than `stop_requested()`, and
  /// behind it: what is above tells a scope only when somebody has waited in it.
  [[nodiscard]] bool stop_arrived() const noexcept {
    return (state_.load(std::memory_order_acquire) & kStopped) != 0;
  }

  /// Whether this scope or one above it was asked to stop. Takes as many steps as there are scopes
  /// above. Any thread.
  [[nodiscard]] bool stop_requested() const noexcept { return stopped_at() != nullptr; }
  /// The same; and if so, `notice()`.
  [[nodiscard]] bool notice_if_requested() noexcept { return noticed_at(stopped_at()); }

  /// The same two for code of the library, which asks once for each level of a tree of tasks:
  /// looks at 64 scopes at most, and has the next one attached, so that it is told by those above.
  /// A deadline further up counts when its timer has fired. Any thread.
  [[nodiscard]] bool stop_requested_nearby() noexcept { return stopped_nearby() != nullptr; }
  [[nodiscard]] bool notice_if_requested_nearby() noexcept { return noticed_at(stopped_nearby()); }

  /// A task in this scope has come to know that it is to stop: a wait ended or did not begin
  /// because of it, a token said so. Noted here, and in those scopes above that were asked to stop
  /// as well; up to the first one where it had been noted before, so that the levels of a deep tree
  /// do not each walk through all those above.
  void notice() noexcept;
  /// Whether a task has. A request that nobody has noticed has changed nothing. When what ran in
  /// the scope has ended.
  [[nodiscard]] bool noticed() const noexcept {
    return noticed_.load(std::memory_order_relaxed) != 0;
  }

  /// Asks this scope and everything below to stop. False if it had been asked before. Any thread.
  /// Iterative: the depth of the tree does not grow the stack.
  bool request_stop() noexcept { return request_stop_noting(nullptr); }
  /// The same, and sets `first` if it had not been asked before, before anybody is notified: those
  /// may destroy the scope.
  bool request_stop_noting(std::atomic<bool>* first) noexcept;

  /// Has `node` notified when this scope is asked to stop; during the call if it was asked already.
  /// Any thread.
  void add(StopNode& node) noexcept {
    attach();
    if (!add_unless_stopped(node)) node.notify_(node);
  }

  /// From now on requests to the scopes above reach this one. Any thread.
  void attach() noexcept {
    if (!used()) [[unlikely]]
      attach_upwards();
  }
  /// Has `node` notified when this scope is asked to stop; false if it was asked already. Notifies
  /// nobody, so it may be called under a lock that those who are notified take. REQUIRES: attached.
  [[nodiscard]] bool add_unless_stopped(StopNode& node) noexcept {
    const std::scoped_lock guard{lock_};
    if (state_.load(std::memory_order_relaxed) & kStopped) [[unlikely]]
      return false;
    nodes_.push_back(node);
    return true;
  }

  /// Undoes either. When it returns, `node` is not being notified and will not be, except by the
  /// calling thread itself.
  void remove(StopNode& node) noexcept {
    if (!remove_at_once(node)) [[unlikely]]
      remove_slowly(node);
  }

 private:
  static constexpr std::uint16_t kStopped = 1;   // asked to stop; never reset
  static constexpr std::uint16_t kAttached = 2;  // in the parent's list, or about to be; the same

  [[nodiscard]] bool used() const noexcept { return state_.load(std::memory_order_relaxed) != 0; }
  /// REQUIRES: lock_ is held.
  bool mark(std::uint16_t flag) noexcept;
  void detach() noexcept;
  void attach_upwards() noexcept;
  /// The nearest scope from here upwards that was asked to stop; null if none was.
  [[nodiscard]] StopScope* stopped_at() const noexcept;
  [[nodiscard]] StopScope* stopped_nearby() noexcept;
  /// Whether it was asked to stop, by itself or because its time is over.
  [[nodiscard]] bool is_to_stop() const noexcept {
    return stop_arrived() || (hooks_ != nullptr && hooks_->poll());
  }
  static bool noticed_at(StopScope* stopped) noexcept {
    if (stopped) stopped->notice();
    return stopped != nullptr;
  }
  /// What remove() does for a node that has not been notified; false otherwise.
  [[nodiscard]] bool remove_at_once(StopNode& node) noexcept {
    const std::scoped_lock guard{lock_};
    const bool linked = node.linked();
    if (linked) [[likely]]
      nodes_.erase(node);
    return linked;
  }
  MTAIO_SLOW_HALF void remove_slowly(StopNode& node) noexcept { remove_notified(node); }
  void remove_notified(StopNode& node) noexcept;
  static void notify_all(StopScope& top) noexcept;

  struct Walk;
  struct Removal;

  // In an order that leaves no gaps in what is null at first, so that it is written at once.
  Hooks* const hooks_;
  std::atomic<std::uint16_t> state_{0};  // written under lock_
  std::atomic<std::uint16_t> noticed_{0};
  SpinLock lock_;  // guards the next three; a child's is taken before its parent's, if both
  IntrusiveList<StopNode> nodes_;  // to be notified
  StopNode* notifying_ = nullptr;  // being notified right now,
  Walk* walk_ = nullptr;           // by this walk, or by one that is in a scope below
  StopScope* parent_;              // null once closed
};

}  // namespace mtaio::lowlevel
