/// A queue of C++ with items of one type, for Python.
#pragma once

#include <mtaio/python/any_queue.hpp>
#include <mtaio/python/convert.hpp>
#include <mtaio/python/object.hpp>
#include <mtaio/python/wait_of.hpp>
#include <mtaio/queue/core.hpp>
#include <mtaio/queue/node.hpp>

#include <cstddef>
#include <exception>
#include <memory>
#include <new>
#include <type_traits>
#include <typeinfo>
#include <utility>

namespace mtaio::python {

/// `Queue` is `AsyncQueue<T>`, `PriorityQueue<T>` or `LIFOQueue<T>`, or derived from one.
template <class T, class Storage, class Queue>
class QueueOf final : public AnyQueue {
  static_assert(std::is_nothrow_move_constructible_v<T>,
                "an item that cannot be moved safely cannot be handed to another thread");
  using Core = internal::QueueCore<Storage>;
  using Node = internal::ItemNode<T, Storage>;
  using Push = typename Core::Push;
  using Reservation = typename Core::Reservation;
  static constexpr bool kHoldsObjects = std::is_same_v<T, Object>;

 public:
  explicit QueueOf(std::shared_ptr<Queue> queue) noexcept
      : queue_{std::move(queue)}, core_{queue_->core()} {
    core_.elide_lock(queue_.use_count() == 1);
  }
  QueueOf(const QueueOf&) = delete;
  QueueOf& operator=(const QueueOf&) = delete;
  ~QueueOf() override { drop(); }

  Put put(PyObject* item, double priority) noexcept override {
    // Asked first, so that a put that waits allocates nothing.
    if (core_.looks_full()) {
      Reservation reservation{};
      {
        const EventLoop::Batch batch;
        reservation = core_.reserve();
      }
      if (reservation == Reservation::kFull) return Put::kFull;
      if (reservation == Reservation::kShutDown) return Put::kShutDown;
      return fill_reserved(item, priority);
    }
    Node* node = make_node(item, priority);
    if (!node) return Put::kError;
    return store(node, [this, node] { return core_.try_push(*node); });
  }

  PyObject* get(bool& shut_down) noexcept override {
    typename Core::Node* node = nullptr;
    {
      const EventLoop::Batch batch;
      const auto popped = core_.try_pop();
      node = popped.node;
      shut_down = popped.shut_down;
    }
    return node ? unwrap(*node) : nullptr;
  }

  bool put_quietly(PyObject* item, double priority) noexcept override {
    if constexpr (kHoldsObjects) {
      if (kept_count == 0) return false;
      Node* node = kept[kept_count - 1];
      set_priority(*node, item, priority);
      if (!core_.push_quietly(*node)) return false;
      --kept_count;
      node->item = Object::take(item);
      return true;
    } else {
      return false;
    }
  }
  PyObject* get_quietly() noexcept override {
    if constexpr (kHoldsObjects) {
      if (kept_count == kMostKept) return nullptr;
      auto* node = static_cast<Node*>(core_.pop_quietly());
      if (!node) return nullptr;
      kept[kept_count++] = node;
      return node->item.release();
    } else {
      return nullptr;
    }
  }

  WaitHandle* new_getter() override { return new Getter{GetterList{&core_}}; }
  PyObject* take_given(WaitHandle& getter) noexcept override {
    auto& given = static_cast<Getter&>(getter);
    auto* node = std::exchange(given.node, nullptr);
    if (!node) return nullptr;
    {
      const EventLoop::Batch batch;
      core_.release();
    }
    return unwrap(*node);
  }

  WaitHandle* new_putter() override { return new Putter{PutterList{&core_}}; }
  Put put_reserved(WaitHandle& putter, PyObject* item, double priority) noexcept override {
    if (static_cast<Putter&>(putter).shut_down) return Put::kShutDown;
    return fill_reserved(item, priority);
  }

  WaitHandle* new_joiner() override { return new Joiner{JoinerList{&core_}}; }

  bool task_done() noexcept override {
    const EventLoop::Batch batch;
    return core_.task_done();
  }
  bool all_done() noexcept override { return core_.all_done(); }
  void shutdown(bool immediate) noexcept override {
    const EventLoop::Batch batch;
    core_.shutdown(immediate ? &dropped_ : nullptr);
  }
  void drop() noexcept override {
    while (auto* node = dropped_.pop()) delete static_cast<Node*>(node);
  }
  std::size_t stored() noexcept override { return core_.stored(); }
  std::size_t unfinished() noexcept override { return core_.unfinished(); }
  std::size_t in_transit() noexcept override {
    const std::size_t permits = core_.size();
    const std::size_t stored = core_.stored();
    return permits > stored ? permits - stored : 0;
  }
  bool full() noexcept override { return core_.looks_full(); }
  std::size_t maxsize() noexcept override { return queue_->maxsize(); }
  void visit_items(void (*visitor)(PyObject*, void*), void* argument) noexcept override {
    if constexpr (kHoldsObjects) {
      if (queue_.use_count() > 1) return;
      struct Visit {
        void (*visitor)(PyObject*, void*);
        void* argument;
      } visit{visitor, argument};
      core_.visit(
          [](typename Core::Node& node, void* found) {
            const auto& each = *static_cast<Visit*>(found);
            each.visitor(static_cast<Node&>(node).item.get(), each.argument);
          },
          &visit);
    }
  }
  void clear() noexcept override {
    if (queue_.use_count() > 1) return;
    const EventLoop::Batch batch;
    while (auto* node = core_.try_pop().node) dropped_.push(*node);
  }
  void* shared(const std::type_info& queue) noexcept override {
    if (queue != typeid(Queue)) return nullptr;
    core_.elide_lock(false);  // from now on threads without the GIL may use the queue
    return &queue_;
  }

 private:
  /// A putter whose item is converted when there is room for it: put_reserved() puts it.
  struct ReservingPutter : Core::Putter {
    using Core::Putter::Putter;
    typename Core::Node& make_node() override { std::terminate(); }
  };

  // The lists of waiters, for WaitOf.

  struct GetterList {
    Core* core;
    bool enlist(typename Core::Getter& getter) noexcept {
      getter.may_put_back = true;
      return core->enlist(getter);
    }
    void forget(typename Core::Getter& getter) noexcept { core->forget(getter); }
    void undo(typename Core::Getter& getter) noexcept {
      if (auto* given = std::exchange(getter.node, nullptr)) core->put_back(*given);
    }
  };
  struct PutterList {
    Core* core;
    bool enlist(ReservingPutter& putter) noexcept {
      putter.wants_permit = true;
      return core->enlist(putter);
    }
    void forget(ReservingPutter& putter) noexcept { core->forget(putter); }
    void undo(ReservingPutter& putter) noexcept {
      if (!putter.shut_down) core->release();
    }
  };
  struct JoinerList {
    Core* core;
    bool enlist(internal::Joiner& joiner) noexcept { return core->enlist(joiner); }
    void forget(internal::Joiner& joiner) noexcept { core->forget(joiner); }
    void undo(internal::Joiner& /*joiner*/) noexcept {}
  };
  using Getter = WaitOf<typename Core::Getter, GetterList>;
  using Putter = WaitOf<ReservingPutter, PutterList>;
  using Joiner = WaitOf<internal::Joiner, JoinerList>;

  Put fill_reserved(PyObject* item, double priority) noexcept {
    Node* node = make_node(item, priority);
    if (!node) {
      const EventLoop::Batch batch;
      core_.release();
      return Put::kError;
    }
    return store(node, [this, node] { return core_.send_reserved(*node); });
  }

  static Node* make_node(PyObject* item, double priority) noexcept {
    T value;
    if (!Convert<T>::from_python(item, value)) return nullptr;
    Node* node = nullptr;
    try {
      node = new_node(std::move(value));
    } catch (const std::bad_alloc&) {
      PyErr_NoMemory();
      return nullptr;
    }
    set_priority(*node, item, priority);
    return node;
  }

  static void set_priority([[maybe_unused]] Node& node, [[maybe_unused]] PyObject* item,
                           [[maybe_unused]] double priority) noexcept {
    if constexpr (requires { node.priority; }) {
      node.priority = priority;
      if constexpr (kHoldsObjects) node.leads_to = item;
    }
  }

  template <class Give>
  static Put store(Node* node, Give give) noexcept {
    Push pushed{};
    {
      const EventLoop::Batch batch;
      pushed = give();
    }
    if (pushed == Push::kStored) return Put::kStored;
    delete node;
    return pushed == Push::kFull ? Put::kFull : Put::kShutDown;
  }

  static PyObject* unwrap(typename Core::Node& node) noexcept {
    EventLoop::flush_unraisable();  // an exception here would lose the item
    auto* own = static_cast<Node*>(&node);
    PyObject* object = Convert<T>::to_python(std::move(own->item));
    if (kHoldsObjects && kept_count < kMostKept) {
      kept[kept_count++] = own;
    } else {
      delete own;
    }
    return object;
  }

  static Node* new_node(T&& value) {
    if constexpr (kHoldsObjects) {
      if (kept_count > 0) {
        Node* node = kept[--kept_count];
        node->item = std::move(value);
        return node;
      }
    }
    return new Node{std::move(value)};
  }

  // Nodes without an item, to be used again: that is faster than a thread's memory for frames.
  // Guarded by the GIL.
  static constexpr std::size_t kMostKept = 128;
  static inline constinit Node* kept[kMostKept]{};
  static inline constinit std::size_t kept_count = 0;

  std::shared_ptr<Queue> queue_;
  Core& core_;
  Storage dropped_;
};

}  // namespace mtaio::python
