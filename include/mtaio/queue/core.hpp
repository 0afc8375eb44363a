/// What the queues have in common: capacity, waiting, order, the count of unfinished items,
/// shutdown.
///
/// The core links nodes; it knows nothing of the items inside. Items are moved into nodes before,
/// and out of them after, the critical section, so no code of the item's type ever runs under the
/// lock.
///
/// Invariants, whenever the lock is free:
///   I1  room and a waiting putter exist together only while somebody serves putters
///       (`serving_putter_`).
///   I2  a stored item and a waiting getter never exist together.
///   I3  size_ <= max_size_: what is stored, and the places kept for items on their way in or out.
///   I4  unfinished_ counts every item ever stored, minus those done and those dropped.
#pragma once

#include <mtaio/coro/budget.hpp>
#include <mtaio/lowlevel/spin_lock.hpp>
#include <mtaio/lowlevel/wait_list.hpp>
#include <mtaio/lowlevel/waiter.hpp>
#include <mtaio/queue/storage.hpp>

#include <atomic>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <mutex>

namespace mtaio::internal {

/// A put that may wait. The item is in `node`, or still in the derived class, which then makes the
/// node when there is room.
template <class Node>
class Putter : public lowlevel::Waiter {
 public:
  using lowlevel::Waiter::Waiter;

  /// Moves the item into a node if it is not in one yet. Outside the lock, while this putter is
  /// claimed. May throw.
  virtual Node& make_node() = 0;

  Node* node = nullptr;
  bool brings_item = false;  // when served it has been given a place, and follows with bring() or
                             // leave_place(); make_node() is not called
  std::exception_ptr error;  // what make_node() threw
  bool shut_down = false;

 protected:
  ~Putter() = default;
};

/// A get that may wait.
template <class Node>
struct Getter : lowlevel::Waiter {
  Getter() noexcept {}  // NOLINT(modernize-use-equals-default): that would zero all of it first
  using lowlevel::Waiter::Waiter;

  Node* node = nullptr;       // what it was given
  bool may_put_back = false;  // if it waits, the place of what it is given is kept
  bool keeps_place = false;   // the item's place is kept until it has been moved out; then
                              // leave_place() or put_back()
  bool shut_down = false;
};

template <class Storage>
class [[gnu::visibility("default")]] QueueCore {
 public:
  using Node = typename Storage::Node;
  using Putter = internal::Putter<Node>;
  using Getter = internal::Getter<Node>;

  enum class Push : std::uint8_t {
    kStored,
    kTurnOver,  // nothing is stored: the task has done so many operations in a row that it looks
                // for a stop request, and lets others run before it goes on; see consume_budget()
    kFull,
    kShutDown
  };

  /// `keeps_places`: a place is free again only when its item has been moved out; for items whose
  /// move may throw. Throws `std::invalid_argument` if `max_size` is negative; `name` is the
  /// queue's in messages.
  QueueCore(const char* name, std::ptrdiff_t max_size, bool keeps_places);
  QueueCore(const QueueCore&) = delete;
  QueueCore& operator=(const QueueCore&) = delete;
  ~QueueCore();

  /// Whether all users hold another lock anyway, Python's GIL. Called with that, while nobody else
  /// can use the queue.
  void elide_lock(bool elided) noexcept { lock_.elide(elided); }

  // The same as try_push() and try_pop(), for where the lock is elided and nothing has to be woken:
  // inline, because that is nearly always so. If it is not, they do nothing, and return false or
  // null. REQUIRES: each putter that waits brings its item, and no places are kept.

  [[nodiscard]] bool push_quietly(Node& node) noexcept {
    if (!lock_.elided() || !getters_.empty() || is_shut_down() || looks_full()) return false;
    set_size(size() + 1);
    store(node);
    return true;
  }
  [[nodiscard]] Node* pop_quietly() noexcept {
    if (!lock_.elided() || !putters_.empty()) return nullptr;
    Node* node = unstore();
    if (node) set_size(size() - 1);
    return node;
  }

  // Putting.

  /// A guess whether a put would wait.
  [[nodiscard]] bool looks_full() const noexcept { return size() >= max_size_; }
  /// Stores `node` if that is possible at once. For a task, which then has used its turn for it.
  Push push(Node& node) noexcept;
  /// The same for anybody: never `kTurnOver`.
  Push try_push(Node& node) noexcept;
  /// Keeps a place for an item; to be followed by fill_place() or leave_place().
  Push take_place() noexcept;
  /// Stores `node` in the place kept. False when the queue was shut down with `immediate` since:
  /// the item is dropped.
  bool fill_place(Node& node) noexcept;
  /// Stores `node` in the place that a putter which brings its item was given. `kShutDown`: the
  /// queue was shut down since, the place is given up and the item still the caller's.
  Push bring(Node& node) noexcept;
  /// Waits for room. True if suspended.
  bool wait_to_put(Putter& putter);
  void forget(Putter& putter) noexcept;

  // Getting.

  /// A guess whether a get would wait.
  [[nodiscard]] bool looks_empty() const noexcept { return size() == 0 && !is_shut_down(); }
  struct Popped {
    Node* node = nullptr;    // null: there is none now,
    bool shut_down = false;  // nor will there be
    bool turn_over = false;  // nothing is taken: as Push::kTurnOver
  };
  /// Takes the next item if there is one. If places are kept, leave_place() or put_back() follows.
  /// For a task, which then has used its turn for it.
  Popped pop() noexcept;
  /// The same for anybody.
  Popped try_pop() noexcept;
  /// Waits for an item. True if suspended.
  bool wait_to_get(Getter& getter) noexcept;
  void forget(Getter& getter) noexcept;
  /// The item has been moved out of a node whose place was kept; or an item never came.
  void leave_place() noexcept;
  /// The item could not be moved out: the next getter gets it.
  void put_back(Node& node) noexcept;

  // The rest.

  /// False when there are no unfinished items.
  bool task_done() noexcept;
  [[nodiscard]] bool all_done() noexcept;
  bool wait_to_join(lowlevel::Waiter& joiner) noexcept;
  void forget_joiner(lowlevel::Waiter& joiner) noexcept;
  /// Returns a chain of what was dropped, to be destroyed by the caller: call `take_dropped` until
  /// it returns null.
  void shutdown(Storage* dropped) noexcept;
  /// Calls `see` for every item stored, under the lock. For debuggers and garbage collectors.
  void look_through(void (*see)(Node& node, void* with), void* with) noexcept;
  /// For the destructor: what is still stored, one by one.
  Node* drain() noexcept { return storage_.pop(); }

  /// The items stored. `size()` also counts the places kept for items on their way in or out.
  [[nodiscard]] std::size_t stored() const noexcept {
    return stored_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::size_t unfinished() noexcept;
  [[nodiscard]] std::size_t size() const noexcept { return size_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::size_t max_size() const noexcept { return max_size_; }
  [[nodiscard]] const char* name() const noexcept { return name_; }

 private:
  using Guard = std::unique_lock<lowlevel::ElidableLock>;

  [[nodiscard]] bool is_shut_down() const noexcept {
    return shut_down_.load(std::memory_order_relaxed);
  }
  void set_size(std::size_t size) noexcept { size_.store(size, std::memory_order_relaxed); }
  [[nodiscard]] bool has_room() const noexcept { return size() < max_size_ && !serving_putter_; }
  [[gnu::always_inline]] Push store_next(Node& node) noexcept;
  void store(Node& node) noexcept {
    storage_.push(node);
    set_stored(stored() + 1);
    ++unfinished_;
  }
  Node* unstore() noexcept {
    Node* node = storage_.pop();
    if (node) set_stored(stored() - 1);
    return node;
  }
  void set_stored(std::size_t stored) noexcept { stored_.store(stored, std::memory_order_relaxed); }
  [[gnu::always_inline]] Popped take_next() noexcept;
  void give(Getter& getter, Node& node) noexcept;
  /// The rest of wait_to_get() where there may be no need to wait. REQUIRES: the lock is held.
  bool get_after_all(Getter& getter) noexcept;
  /// Brings I1 and I2 back; releases and retakes the lock around make_node().
  void settle(Guard& guard, lowlevel::WakeList& wake) noexcept;
  /// The same at the end. REQUIRES: the lock is held. Releases it.
  void settle_and_unlock() noexcept;

  const char* const name_;
  const std::size_t max_size_;
  const bool keeps_places_;
  lowlevel::ElidableLock lock_;         // guards all below
  std::atomic<std::size_t> size_{0};    // I3; read without the lock by size()
  std::atomic<bool> shut_down_{false};  // read without the lock by looks_empty()
  bool serving_putter_ = false;         // somebody is between two critical sections of settle()
  bool dropping_ = false;               // shut down with immediate
  std::size_t unfinished_ = 0;
  std::atomic<std::size_t> stored_{0};  // read without the lock by stored()
  Storage storage_;
  lowlevel::WaitList getters_;
  lowlevel::WaitList putters_;
  lowlevel::WaitList joiners_;
};

extern template class QueueCore<FifoStorage>;
extern template class QueueCore<LifoStorage>;
extern template class QueueCore<PriorityStorage>;

}  // namespace mtaio::internal
