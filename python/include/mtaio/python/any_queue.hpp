/// A queue of C++ as Python sees it, whatever its items are.
#pragma once

#include <mtaio/queue/operations.hpp>
#include <mtaio/python/convert.hpp>
#include <mtaio/python/object.hpp>
#include <mtaio/python/wait.hpp>

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <new>
#include <type_traits>
#include <typeinfo>
#include <utility>

namespace mtaio::python {

/// A queue with its waiters, which it outlives.
///
/// All members are called with the GIL, and those that change something are to be followed by
/// `EventLoop::deliver()`; those that give an item have done it. Null, or `kError`, with an
/// exception set means that a conversion or an allocation failed.
class AnyQueue {
 public:
  enum class Put : std::uint8_t { kStored, kFull, kShutDown, kError };

  AnyQueue() = default;
  AnyQueue(const AnyQueue&) = delete;
  AnyQueue& operator=(const AnyQueue&) = delete;
  virtual ~AnyQueue() = default;

  /// Puts the item if there is room.
  virtual Put put(PyObject* item, double priority) noexcept = 0;
  /// The next item; null without an exception when there is none, and then whether one may come.
  virtual PyObject* get(bool& shut_down) noexcept = 0;

  /// Both for where that wakes nothing, runs nothing, and only Python uses the queue: nearly
  /// always. False, or null: nothing was done, no exception is set. The put takes over a reference.
  virtual bool put_quietly(PyObject* item, double priority) noexcept = 0;
  virtual PyObject* get_quietly() noexcept = 0;

  virtual Wait* new_getter() = 0;
  /// What a getter that has arrived was given; null without an exception: nothing, the queue was
  /// shut down.
  virtual PyObject* take_given(Wait& getter) noexcept = 0;
  virtual Wait* new_putter() = 0;
  /// Puts the item of a putter that has arrived.
  virtual Put bring(Wait& putter, PyObject* item, double priority) noexcept = 0;
  virtual Wait* new_joiner() = 0;

  virtual bool task_done() noexcept = 0;
  virtual bool all_done() noexcept = 0;
  /// To be followed by `drop()`.
  virtual void shutdown(bool immediate) noexcept = 0;
  /// Destroys what was dropped, which may run any code.
  virtual void drop() noexcept = 0;
  virtual std::size_t stored() noexcept = 0;
  virtual std::size_t unfinished() noexcept = 0;
  /// Places kept by waiters that have been woken and not run yet: for what they have been given, or
  /// bring. A guess if threads without the GIL use the queue.
  virtual std::size_t on_the_way() noexcept = 0;
  virtual bool full() noexcept = 0;
  virtual std::size_t maxsize() noexcept = 0;
  /// Calls `see` for each item that is a Python object; nothing when C++ code may use the queue.
  virtual void look_through(void (*see)(PyObject* item, void* with), void* with) noexcept = 0;
  /// Drops what is stored, without counting it as done; nothing when C++ code may use the queue. To
  /// be followed by `drop()`.
  virtual void clear() noexcept = 0;
  /// The `std::shared_ptr<Q>*`, if `Q` is that type.
  virtual void* shared(const std::type_info& queue) noexcept = 0;
};

/// `Queue` is `AsyncQueue<T>`, `PriorityQueue<T>` or `LIFOQueue<T>`, or derived from one.
template <class T, class Storage, class Queue>
class QueueOf final : public AnyQueue {
  static_assert(std::is_nothrow_move_constructible_v<T>,
                "an item that cannot be moved safely cannot be handed to another thread");
  using Core = internal::QueueCore<Storage>;
  using Node = internal::ItemNode<T, Storage>;
  using Push = typename Core::Push;
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
    if (core_.looks_full()) {  // so that a put that waits allocates nothing
      Push place{};
      {
        const EventLoop::Calling calling;
        place = core_.take_place();
      }
      if (place != Push::kStored) return place == Push::kFull ? Put::kFull : Put::kShutDown;
      return fill_place(item, priority);
    }
    Node* node = make_node(item, priority);
    if (!node) return Put::kError;
    return settle(node, [this, node] { return core_.try_push(*node); });
  }

  PyObject* get(bool& shut_down) noexcept override {
    typename Core::Node* node = nullptr;
    {
      const EventLoop::Calling calling;
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

  Wait* new_getter() override { return new Getter{*queue_}; }
  PyObject* take_given(Wait& getter) noexcept override {
    auto& given = static_cast<Getter&>(getter);
    auto* node = std::exchange(given.node, nullptr);
    if (!node) return nullptr;
    {
      const EventLoop::Calling calling;
      core_.leave_place();
    }
    return unwrap(*node);
  }

  Wait* new_putter() override { return new Putter{*queue_}; }
  Put bring(Wait& putter, PyObject* item, double priority) noexcept override {
    if (static_cast<Putter&>(putter).shut_down) return Put::kShutDown;
    return fill_place(item, priority);
  }

  Wait* new_joiner() override { return new Joiner{*queue_}; }

  bool task_done() noexcept override {
    const EventLoop::Calling calling;
    return core_.task_done();
  }
  bool all_done() noexcept override { return core_.all_done(); }
  void shutdown(bool immediate) noexcept override {
    const EventLoop::Calling calling;
    core_.shutdown(immediate ? &dropped_ : nullptr);
  }
  void drop() noexcept override {
    while (auto* node = dropped_.pop()) delete static_cast<Node*>(node);
  }
  std::size_t stored() noexcept override { return core_.stored(); }
  std::size_t unfinished() noexcept override { return core_.unfinished(); }
  std::size_t on_the_way() noexcept override {
    const std::size_t places = core_.size();
    const std::size_t stored = core_.stored();
    return places > stored ? places - stored : 0;
  }
  bool full() noexcept override { return core_.looks_full(); }
  std::size_t maxsize() noexcept override { return queue_->maxsize(); }
  void look_through(void (*see)(PyObject*, void*), void* with) noexcept override {
    if constexpr (kHoldsObjects) {
      if (queue_.use_count() > 1) return;
      struct Seer {
        void (*see)(PyObject*, void*);
        void* with;
      } seer{see, with};
      core_.look_through(
          [](typename Core::Node& node, void* seen) {
            auto& to = *static_cast<Seer*>(seen);
            to.see(static_cast<Node&>(node).item.get(), to.with);
          },
          &seer);
    }
  }
  void clear() noexcept override {
    if (queue_.use_count() > 1) return;
    const EventLoop::Calling calling;
    while (auto* node = core_.try_pop().node) dropped_.push(*node);
  }
  void* shared(const std::type_info& queue) noexcept override {
    if (queue != typeid(Queue)) return nullptr;
    core_.elide_lock(false);  // from now on threads without the GIL may use it
    return &queue_;
  }

 private:
  struct Getter final : Core::Getter, Wait {
    explicit Getter(Queue& of) noexcept : Core::Getter{&Getter::run}, queue{of} {
      this->may_put_back = true;
    }
    static std::coroutine_handle<> run(lowlevel::Job& job) noexcept {
      static_cast<Getter&>(job).arrive();
      return std::noop_coroutine();
    }
    bool enlist(lowlevel::Scheduler& where) noexcept override {
      this->prepare(where);
      return queue.core().wait_to_get(*this);
    }
    bool claim() noexcept override { return lowlevel::Waiter::claim(); }
    void forget() noexcept override { queue.core().forget(*this); }
    void undo() noexcept override {
      if (auto* back = std::exchange(this->node, nullptr)) queue.core().put_back(*back);
    }
    void destroy() noexcept override { delete this; }

    Queue& queue;
  };

  struct Putter final : Core::Putter, Wait {
    explicit Putter(Queue& of) noexcept : Core::Putter{&Putter::run}, queue{of} {
      this->brings_item = true;
    }
    static std::coroutine_handle<> run(lowlevel::Job& job) noexcept {
      static_cast<Putter&>(job).arrive();
      return std::noop_coroutine();
    }
    typename Core::Node& make_node() override { std::terminate(); }  // it brings its item
    bool enlist(lowlevel::Scheduler& where) noexcept override {
      this->prepare(where);
      return queue.core().wait_to_put(*this);
    }
    bool claim() noexcept override { return lowlevel::Waiter::claim(); }
    void forget() noexcept override { queue.core().forget(*this); }
    void undo() noexcept override {
      if (!this->shut_down) queue.core().leave_place();
    }
    void destroy() noexcept override { delete this; }

    Queue& queue;
  };

  struct Joiner final : lowlevel::Waiter, Wait {
    explicit Joiner(Queue& of) noexcept : lowlevel::Waiter{&Joiner::run}, queue{of} {}
    static std::coroutine_handle<> run(lowlevel::Job& job) noexcept {
      static_cast<Joiner&>(job).arrive();
      return std::noop_coroutine();
    }
    bool enlist(lowlevel::Scheduler& where) noexcept override {
      this->prepare(where);
      return queue.core().wait_to_join(*this);
    }
    bool claim() noexcept override { return lowlevel::Waiter::claim(); }
    void forget() noexcept override { queue.core().forget_joiner(*this); }
    void undo() noexcept override {}
    void destroy() noexcept override { delete this; }

    Queue& queue;
  };

  Put fill_place(PyObject* item, double priority) noexcept {
    Node* node = make_node(item, priority);
    if (!node) {
      const EventLoop::Calling calling;
      core_.leave_place();
      return Put::kError;
    }
    return settle(node, [this, node] { return core_.bring(*node); });
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
  static Put settle(Node* node, Give give) noexcept {
    Push pushed{};
    {
      const EventLoop::Calling calling;
      pushed = give();
    }
    if (pushed == Push::kStored) return Put::kStored;
    delete node;
    return pushed == Push::kFull ? Put::kFull : Put::kShutDown;
  }

  static PyObject* unwrap(typename Core::Node& node) noexcept {
    EventLoop::deliver_unraisable();  // the item must not be lost
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

  // Nodes without an item, to be used again: sooner at hand than a thread's memory for frames.
  // Guarded by the GIL.
  static constexpr std::size_t kMostKept = 128;
  static inline constinit Node* kept[kMostKept]{};
  static inline constinit std::size_t kept_count = 0;

  std::shared_ptr<Queue> queue_;
  Core& core_;
  Storage dropped_;
};

}  // namespace mtaio::python
