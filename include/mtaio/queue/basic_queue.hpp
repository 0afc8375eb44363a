/// The members that all queues share.
#pragma once

#include <mtaio/base/unique_ptr.hpp>
#include <mtaio/queue/core.hpp>
#include <mtaio/queue/errors.hpp>
#include <mtaio/queue/get.hpp>
#include <mtaio/queue/join.hpp>
#include <mtaio/queue/node.hpp>
#include <mtaio/queue/permit.hpp>
#include <mtaio/queue/put.hpp>

#include <cstddef>
#include <optional>
#include <type_traits>
#include <utility>

namespace mtaio::internal {

/// The base of the queues: all members but `put` and `try_put`, whose arguments differ.
template <class T, class Storage>
class BasicQueue {
  static_assert(std::is_object_v<T> && !std::is_const_v<T> && std::is_move_constructible_v<T>,
                "the items of a queue must be objects that can be moved");
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

  /// Takes the next item; waits while there is none. After `shutdown()` it still returns the items
  /// that are left, and then throws `QueueShutDown`. The operation may be awaited again, for the
  /// item after that.
  ///
  /// Suspends:  only while the queue is empty, and at every 128th operation in a row that need not
  ///            wait, so that other tasks can run.
  /// Resumes:   on the task's own scheduler, in order of arrival; never inside another task's call.
  /// Cancelled: throws CancelledError; no item was taken. A get that need not wait looks for a stop
  ///            request only every 128th time.
  /// Threads:   any.
  /// Lifetime:  the queue must outlive the operation.
  [[nodiscard]] Get get() noexcept { return Get{core_}; }

  /// The same with the same promises, but returns nullopt when the queue is shut down and empty:
  ///
  ///     while (auto item = co_await queue.next()) use(*item);
  [[nodiscard]] Next next() noexcept { return Next{core_}; }

  /// Waits until `task_done()` has been called for every item that was put. The operation may be
  /// awaited again.
  ///
  /// Suspends:  only while there are unfinished items.
  /// Resumes:   on the task's own scheduler, in order of arrival; never inside another task's call.
  /// Cancelled: throws CancelledError; nothing else changes. Not a cancellation point while there
  ///            are no unfinished items.
  /// Threads:   any.
  /// Lifetime:  the queue must outlive the operation.
  [[nodiscard]] Join join() noexcept { return Join{UnfinishedItems<Storage>{core_}}; }

  /// Takes the next item if there is one; never waits. Any thread.
  [[nodiscard]] std::optional<T> try_get() {
    auto* node = core_.try_pop().node;
    if (!node) return std::nullopt;
    return Next::take_item(core_, *static_cast<Node*>(node));
  }

  /// Notes that an item taken from the queue is done. Throws `std::logic_error` if it is called
  /// more often than items were put. Any thread.
  void task_done() {
    if (!core_.task_done()) throw_task_done_too_often(core_.name());
  }

  /// The number of items, including those that are being moved in or out. Other threads may change
  /// it before the caller uses it. Any thread may call this and the next three.
  [[nodiscard]] std::size_t qsize() const noexcept { return core_.size(); }
  [[nodiscard]] bool empty() const noexcept { return core_.size() == 0; }
  [[nodiscard]] bool full() const noexcept { return core_.looks_full(); }
  /// The bound; zero if there is none.
  [[nodiscard]] std::size_t maxsize() const noexcept {
    return core_.max_size() == static_cast<std::size_t>(-1) ? 0 : core_.max_size();
  }

  /// Ends the queue: waiting and later puts throw `QueueShutDown`, and gets continue until the
  /// queue is empty. `immediate` also destroys the items in the queue, and counts them as done.
  /// Thread-safe; may be called repeatedly.
  void shutdown(bool immediate = false) noexcept {
    Storage dropped;
    core_.shutdown(immediate ? &dropped : nullptr);
    while (auto* node = dropped.pop()) delete static_cast<Node*>(node);
  }

  /// For `lowlevel` code: the part of the queue that does not depend on `T`.
  [[nodiscard]] Core& core() noexcept { return core_; }

 protected:
  /// Calls `set_up` with the node before it is stored.
  template <class SetUp>
  bool try_put_with(T& item, SetUp set_up) {
    switch (core_.reserve()) {
      case Core::Reservation::kFull:
        return false;
      case Core::Reservation::kShutDown:
        throw_put_after_shutdown(core_.name());
      case Core::Reservation::kGranted:
        break;
    }
    Permit<Storage> permit{core_};
    std::unique_ptr<Node> node{new Node{std::move(item)}};
    set_up(*node);
    if (permit.commit(*node)) (void)node.release();
    return true;
  }

 private:
  Core core_;
};

}  // namespace mtaio::internal
