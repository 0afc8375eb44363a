/// The members that all queues share, for items of one type.
#pragma once

#include <mtaio/base/single_use.hpp>
#include <mtaio/coro/budget.hpp>
#include <mtaio/coro/frame_allocator.hpp>
#include <mtaio/coro/task_context.hpp>
#include <mtaio/exceptions.hpp>
#include <mtaio/queue/core.hpp>

#include <coroutine>
#include <cstddef>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

namespace mtaio::internal {

/// A node with its item.
template <class T, class Storage>
struct ItemNode : Storage::Node {
  explicit ItemNode(T&& moved) noexcept(std::is_nothrow_move_constructible_v<T>)
      : item(std::move(moved)) {}

  static void* operator new(std::size_t size) {
    if constexpr (alignof(ItemNode) > __STDCPP_DEFAULT_NEW_ALIGNMENT__) {
      return ::operator new(size, std::align_val_t{alignof(ItemNode)});
    } else {
      return allocate_frame(size);
    }
  }
  static void operator delete(void* node, std::size_t size) noexcept {
    if constexpr (alignof(ItemNode) > __STDCPP_DEFAULT_NEW_ALIGNMENT__) {
      ::operator delete(node, std::align_val_t{alignof(ItemNode)});
    } else {
      deallocate_frame(node, size);
    }
  }

  T item;
};

template <class T, class Storage>
class [[nodiscard]] PutOperation;
template <class T, class Storage, class Result>
class [[nodiscard]] GetOperation;
template <class Storage>
class [[nodiscard]] JoinOperation;

[[noreturn, gnu::cold, gnu::visibility("default")]] void throw_put_after_shutdown(
    const char* queue);
[[noreturn, gnu::cold, gnu::visibility("default")]] void throw_get_after_shutdown(
    const char* queue);
[[noreturn, gnu::cold, gnu::visibility("default")]] void throw_task_done_too_often(
    const char* queue);

/// See `AsyncQueue`, which documents the members.
template <class T, class Storage>
class BasicQueue {
  static_assert(std::is_object_v<T> && !std::is_const_v<T> && std::is_move_constructible_v<T>,
                "the items of a queue are objects that can be moved");
  static_assert(std::is_nothrow_destructible_v<T>,
                "the items of a queue must not throw in their destructor: a queue destroys them "
                "where nothing can catch that; make the destructor noexcept");

 public:
  using value_type = T;
  using Core = QueueCore<Storage>;
  using Node = ItemNode<T, Storage>;
  using Put = PutOperation<T, Storage>;
  using Get = GetOperation<T, Storage, T>;
  using Next = GetOperation<T, Storage, std::optional<T>>;
  using Join = JoinOperation<Storage>;

  BasicQueue(const char* name, std::ptrdiff_t maxsize)
      : core_{name, maxsize, !std::is_nothrow_move_constructible_v<T>} {}
  BasicQueue(const BasicQueue&) = delete;
  BasicQueue& operator=(const BasicQueue&) = delete;
  ~BasicQueue() {
    while (auto* node = core_.drain()) delete static_cast<Node*>(node);
  }

  /// Takes the next item; waits while there is none. After `shutdown()` the items that are left
  /// come out first, then it throws `QueueShutDown`. What this returns may be awaited again, for
  /// the item after that.
  ///
  /// Suspends:  while the queue is empty; and once in 128 times, so that others can run.
  /// Resumes:   on the task's own scheduler, first come first served; never inside another call.
  /// Cancelled: throws CancelledError; no item has been taken. One that need not wait looks for a
  ///            stop request once in 128 times.
  /// Threads:   any.
  /// Lifetime:  the queue outlives the operation.
  [[nodiscard]] Get get() noexcept { return Get{core_}; }

  /// The same with the same promises, but nullopt when the queue is shut down and empty:
  ///
  ///     while (auto item = co_await queue.next()) use(*item);
  [[nodiscard]] Next next() noexcept { return Next{core_}; }

  /// Waits until `task_done()` has been called for every item put; not at all when there are none.
  /// What this returns may be awaited again.
  ///
  /// Suspends:  only while there are unfinished items.
  /// Resumes:   on the task's own scheduler; never inside task_done().
  /// Cancelled: throws CancelledError; nothing else changes.
  /// Threads:   any.
  /// Lifetime:  the queue outlives the operation.
  [[nodiscard]] Join join() noexcept { return Join{core_}; }

  /// The next item if there is one now. Any thread.
  [[nodiscard]] std::optional<T> try_get() {
    auto* node = core_.try_pop().node;
    if (!node) return std::nullopt;
    return Next::take_item(core_, *static_cast<Node*>(node));
  }

  /// One item that came out of the queue is done. Throws `std::logic_error` when called more often
  /// than items were put. Any thread.
  void task_done() {
    if (!core_.task_done()) throw_task_done_too_often(core_.name());
  }

  /// How many items there are; a moment ago, if others use the queue. Any thread.
  [[nodiscard]] std::size_t qsize() const noexcept { return core_.size(); }
  [[nodiscard]] bool empty() const noexcept { return core_.size() == 0; }
  [[nodiscard]] bool full() const noexcept { return core_.looks_full(); }
  /// The bound; 0: none.
  [[nodiscard]] std::size_t maxsize() const noexcept {
    return core_.max_size() == static_cast<std::size_t>(-1) ? 0 : core_.max_size();
  }

  /// Ends the queue: waiting and later puts throw `QueueShutDown`; gets go on until it is empty.
  /// `immediate` also drops what is in it, and counts that as done. Any thread; again at will.
  void shutdown(bool immediate = false) noexcept {
    Storage dropped;
    core_.shutdown(immediate ? &dropped : nullptr);
    while (auto* node = dropped.pop()) delete static_cast<Node*>(node);
  }

  /// What links the nodes. For `lowlevel` code.
  [[nodiscard]] Core& core() noexcept { return core_; }

 protected:
  /// `set_up` prepares a node before it is stored.
  template <class SetUp>
  bool try_put_with(T& item, SetUp set_up) {
    switch (core_.take_place()) {
      case Core::Push::kFull:
        return false;
      case Core::Push::kShutDown:
        throw_put_after_shutdown(core_.name());
      case Core::Push::kStored:
      case Core::Push::kTurnOver:
        break;
    }
    Place place{core_};
    std::unique_ptr<Node> node{new Node{std::move(item)}};
    place.is_filled();
    set_up(*node);
    if (core_.fill_place(*node)) (void)node.release();
    return true;
  }

 private:
  /// A place that was taken; given free at the end unless it is filled.
  class Place {
   public:
    explicit Place(Core& core) noexcept : core_{&core} {}
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() {
      if (core_) core_->leave_place();
    }
    void is_filled() noexcept { core_ = nullptr; }

   private:
    Core* core_;
  };

  Core core_;
};

/// What `put()` returns: owns the item until it is in the queue.
template <class T, class Storage>
class [[nodiscard]] PutOperation {
 public:
  using Core = QueueCore<Storage>;
  using Node = ItemNode<T, Storage>;

  PutOperation(Core& core, T&& item, double priority = 0)
      : core_{&core}, priority_{priority}, item_(std::move(item)) {}

  class Awaiter;
  Awaiter operator co_await() && {
    use_.use("put");
    return Awaiter{*core_, std::move(item_), priority_};
  }

 private:
  SingleUse use_;
  Core* core_;
  double priority_;
  T item_;
};

template <class T, class Storage>
class PutOperation<T, Storage>::Awaiter {
 public:
  using resumes_at_home = void;

  Awaiter(Core& core, T&& item, double priority)
      : core_{core}, priority_{priority}, item_(std::move(item)) {}
  Awaiter(const Awaiter&) = delete;
  Awaiter& operator=(const Awaiter&) = delete;
  ~Awaiter() {
    if (node_) [[unlikely]]
      delete node_;
  }

  [[nodiscard]] bool await_ready() {
    if (core_.looks_full()) return false;  // so that a put that waits allocates nothing
    node_ = &make_node();
    return is_over(core_.push(*node_));
  }

  template <class Promise>
  [[gnu::noinline]] bool await_suspend(std::coroutine_handle<Promise> awaiting) {
    if (node_ && budget_is_spent()) {
      if (asked_to_stop(context_of(awaiting))) return false;
      if (is_over(core_.try_push(*node_))) {
        Wait& wait = wait_.emplace(*this);
        wait.shut_down = shut_down_;
        wait.yield(awaiting);
        return true;  // another worker may have resumed it by now: this may be gone
      }
    }
    Wait& wait = wait_.emplace(*this);
    wait.node = std::exchange(node_, nullptr);
    wait.prepare(awaiting);
    try {
      return core_.wait_to_put(wait);
    } catch (...) {  // the item could not be moved, and the scope may end before this awaiter
      wait_.reset();
      throw;
    }
  }

  void await_resume() {
    if (wait_) [[unlikely]]
      end_wait();
    if (shut_down_) throw_put_after_shutdown(core_.name());
    if (!done_) throw CancelledError{};
  }

 private:
  /// Made only by those who have to wait.
  struct Wait final : Core::Putter {
    explicit Wait(Awaiter& of) noexcept : awaiter{of} {}
    ~Wait() { delete static_cast<Node*>(this->node); }
    typename Storage::Node& make_node() override { return awaiter.make_node(); }
    Awaiter& awaiter;
  };

  [[gnu::noinline]] void end_wait() {
    const auto wake = wait_->finish();
    if (wait_->error) std::rethrow_exception(wait_->error);
    shut_down_ = wait_->shut_down;
    if (shut_down_ || done_) return;
    done_ = wake == lowlevel::Waiter::State::kServed;
    if (!done_) core_.forget(*wait_);
  }

  /// Whether what came of the node leaves nothing to wait for.
  bool is_over(typename Core::Push pushed) noexcept {
    if (pushed == Core::Push::kStored) [[likely]] {
      node_ = nullptr;
      done_ = true;
      return true;
    }
    shut_down_ = pushed == Core::Push::kShutDown;
    return shut_down_;
  }

  Node& make_node() {
    auto* made = new Node{std::move(item_)};
    if constexpr (requires { made->priority; }) made->priority = priority_;
    return *made;
  }

  Core& core_;
  double priority_;
  Node* node_ = nullptr;  // that could not be stored
  bool done_ = false;
  bool shut_down_ = false;
  std::optional<Wait> wait_;
  T item_;
};

/// What `get()` and `next()` return; `Result` is `T` or `std::optional<T>`.
template <class T, class Storage, class Result>
class [[nodiscard]] GetOperation {
 public:
  using Core = QueueCore<Storage>;
  using Node = ItemNode<T, Storage>;

  explicit GetOperation(Core& core) noexcept : core_{&core} {}

  class Awaiter;
  Awaiter operator co_await() const noexcept { return Awaiter{*core_}; }

  /// Moves the item out of its node.
  static Result take_item(Core& core, Node& node) {
    if constexpr (std::is_nothrow_move_constructible_v<T>) {
      const std::unique_ptr<Node> owner{&node};
      return Result{std::move(node.item)};
    } else {
      // The result is made in its final place: a named one would be moved once more where the
      // compiler does not elide that (g++ before 14), after the item has left the queue.
      // A catch clause, because uncaught_exceptions() does not count those of other languages, or
      // of another C++ runtime.
      Taken taken{core, &node};
      try {
        return Result{std::move(node.item)};
      } catch (...) {
        taken.undo();
        throw;
      }
    }
  }

 private:
  /// An item on its way out: at the end its node is destroyed and its place given free.
  class Taken {
   public:
    Taken(Core& core, Node* node) noexcept : core_{core}, node_{node} {}
    Taken(const Taken&) = delete;
    Taken& operator=(const Taken&) = delete;
    ~Taken() {
      if (!node_) return;
      delete node_;
      core_.leave_place();
    }
    /// Puts the item back instead.
    void undo() noexcept { core_.put_back(*std::exchange(node_, nullptr)); }

   private:
    Core& core_;
    Node* node_;
  };

  Core* core_;
};

template <class T, class Storage, class Result>
class GetOperation<T, Storage, Result>::Awaiter {
 public:
  using resumes_at_home = void;

  explicit Awaiter(Core& core) noexcept : core_{core} {}

  [[nodiscard]] bool await_ready() noexcept {
    if (core_.looks_empty()) return false;  // so that a get that waits locks once
    popped_ = core_.pop();
    return popped_.node != nullptr || popped_.shut_down;
  }

  template <class Promise>
  [[gnu::noinline]] bool await_suspend(std::coroutine_handle<Promise> awaiting) {
    if (popped_.turn_over) {
      if (asked_to_stop(context_of(awaiting))) return false;
      popped_ = core_.try_pop();
      if (popped_.node || popped_.shut_down) {  // without waiting
        auto& wait = wait_.emplace();
        wait.shut_down = popped_.shut_down;
        wait.yield(awaiting);
        return true;
      }
    }
    auto& wait = wait_.emplace();
    wait.prepare(awaiting);
    return core_.wait_to_get(wait);
  }

  Result await_resume() {
    if (wait_) [[unlikely]]
      end_wait();
    if (popped_.node) return Operation::take_item(core_, static_cast<Node&>(*popped_.node));
    if (!popped_.shut_down) throw CancelledError{};
    if constexpr (std::is_same_v<Result, T>) {
      throw_get_after_shutdown(core_.name());
    } else {
      return std::nullopt;
    }
  }

 private:
  using Operation = GetOperation;

  [[gnu::noinline]] void end_wait() noexcept {
    (void)wait_->finish();
    if (popped_.node) return;
    popped_ = {wait_->node, wait_->shut_down, false};
    if (!popped_.node && !popped_.shut_down) core_.forget(*wait_);
  }

  Core& core_;
  typename Core::Popped popped_{};
  std::optional<typename Core::Getter> wait_;  // made only by those who have to wait
};

/// What `join()` returns.
template <class Storage>
class [[nodiscard]] JoinOperation {
 public:
  using Core = QueueCore<Storage>;
  explicit JoinOperation(Core& core) noexcept : core_{&core} {}

  class Awaiter;
  Awaiter operator co_await() const noexcept { return Awaiter{*core_}; }

 private:
  Core* core_;
};

template <class Storage>
class JoinOperation<Storage>::Awaiter {
 public:
  using resumes_at_home = void;

  explicit Awaiter(Core& core) noexcept : core_{core} {}

  [[nodiscard]] bool await_ready() noexcept {
    if (!core_.all_done()) return false;
    waiter_.complete_inline();
    return true;
  }
  template <class Promise>
  [[gnu::noinline]] bool await_suspend(std::coroutine_handle<Promise> awaiting) {
    waiter_.prepare(awaiting);
    return core_.wait_to_join(waiter_);
  }
  void await_resume() {
    if (waiter_.finish() == lowlevel::Waiter::State::kServed) return;
    core_.forget_joiner(waiter_);
    throw CancelledError{};
  }

 private:
  Core& core_;
  lowlevel::Waiter waiter_;
};

}  // namespace mtaio::internal
