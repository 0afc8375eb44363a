/// What the queues have in common: capacity, waiting, order, the count of unfinished items, and
/// shutdown.
#pragma once

#include <mtaio/lowlevel/spin_lock.hpp>
#include <mtaio/lowlevel/wait_list.hpp>
#include <mtaio/queue/storage.hpp>
#include <mtaio/queue/waiters.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>

namespace mtaio::internal {

/// A queue of nodes. The core links nodes and knows nothing of the items inside: an item is moved
/// into its node before the critical section, and out of it afterwards. So the lock is never held
/// while code of the item's type runs.
///
/// A permit is room for one item. A put reserves one, and then stores the item in it or releases
/// it. A stored item has its permit. A get releases the permit with the item; if moving the item
/// out may throw, it releases the permit after the move.
///
/// Invariants, whenever the lock is free:
///   I1  Room and a waiting putter exist together only while a thread makes the node of a putter
///       (`serving_putter_`).
///   I2  A stored item and a waiting getter never exist together.
///   I3  size_ <= max_size_, where size_ is the number of permits that are in use: by stored items,
///       and by items on their way in or out.
///   I4  unfinished_ counts every item ever stored, minus those done and those dropped.
///
/// Any thread may call any member that does not say otherwise.
template <class Storage>
class [[gnu::visibility("default")]] QueueCore {
 public:
  using Node = typename Storage::Node;
  using Putter = internal::Putter<Node>;
  using Getter = internal::Getter<Node>;
  using Joiner = internal::Joiner;

  enum class Push : std::uint8_t {
    kStored,
    // Nothing is stored: the task has used up its budget of operations that do not wait. Before it
    // continues, it has to look for a stop request and let other tasks run.
    kBudgetSpent,
    kFull,
    kShutDown
  };

  enum class Reservation : std::uint8_t { kGranted, kFull, kShutDown };

  struct Popped {
    // Null: there is no item now.
    Node* node = nullptr;
    // Nor will there be an item later.
    bool shut_down = false;
    // Nothing was taken, for the same reason as Push::kBudgetSpent.
    bool budget_spent = false;
  };

  /// `holds_permits`: the permit of a popped item stays in use until the item has been moved out,
  /// for items whose move may throw. Throws `std::invalid_argument` if `max_size` is negative.
  /// `name` is the name of the queue in messages.
  QueueCore(const char* name, std::ptrdiff_t max_size, bool holds_permits);
  QueueCore(const QueueCore&) = delete;
  QueueCore& operator=(const QueueCore&) = delete;
  ~QueueCore();

  /// Whether all users of the queue hold another lock anyway, Python's GIL. REQUIRES: the caller
  /// holds it, and no other thread uses the queue.
  void elide_lock(bool elided) noexcept { lock_.elide(elided); }

  // The same as try_push() and try_pop() for the most frequent case under the GIL, and therefore
  // inline: the lock is elided, and no waiter has to be woken. In any other case they do nothing,
  // and return false or null. REQUIRES: each putter wants a permit, and popped items hold none.

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
  /// Stores `node` if there is room. Counts against the budget of the task that runs on this
  /// thread.
  Push push(Node& node) noexcept;
  /// The same without a budget: never returns `kBudgetSpent`.
  Push try_push(Node& node) noexcept;
  /// Waits for room. Returns true if the putter waits; false if it was served, asked to stop, or
  /// told of the shutdown.
  bool enlist(Putter& putter);
  /// Takes out a putter that was not served.
  void forget(Putter& putter) noexcept;

  // Putting in two steps: reserve() or a putter that wants a permit, and then one of the others.

  /// Reserves a permit if there is room. When it is granted, commit() or release() must follow.
  Reservation reserve() noexcept;
  /// Stores `node` in the permit of reserve(), even after a shutdown. Returns false after a
  /// shutdown that drops: the permit is released, and the caller destroys the item.
  bool commit(Node& node) noexcept;
  /// Stores `node` in the permit of a putter. Returns `kShutDown` after any shutdown: the permit is
  /// released, and the item is still the caller's.
  Push send_reserved(Node& node) noexcept;
  /// Releases a permit: no item follows, or the popped item has been moved out.
  void release() noexcept;

  // Getting.

  /// A guess whether a get would wait.
  [[nodiscard]] bool looks_empty() const noexcept { return size() == 0 && !is_shut_down(); }
  /// Takes the next item if there is one. Counts against the budget of the task that runs on this
  /// thread. If items hold permits, release() or put_back() must follow.
  Popped pop() noexcept;
  /// The same without a budget: `budget_spent` is never set.
  Popped try_pop() noexcept;
  /// Waits for an item. Returns true if the getter waits; false if it was served, asked to stop, or
  /// told of the shutdown.
  bool enlist(Getter& getter) noexcept;
  /// Takes out a getter that was not served.
  void forget(Getter& getter) noexcept;
  /// Undoes a pop whose item could not be moved out: the next getter gets the item.
  void put_back(Node& node) noexcept;

  // Joining.

  /// Notes that an item is done. False when there are no unfinished items.
  bool task_done() noexcept;
  [[nodiscard]] bool all_done() noexcept;
  /// Waits for all items to be done. Returns true if the joiner waits.
  bool enlist(Joiner& joiner) noexcept;
  /// Takes out a joiner that was not served.
  void forget(Joiner& joiner) noexcept;
  [[nodiscard]] std::size_t unfinished() noexcept;

  // The rest.

  /// Ends the queue. With `dropped`, moves all stored items there and counts them as done; the
  /// caller destroys them.
  void shutdown(Storage* dropped) noexcept;
  /// Calls `visitor` with every stored node and `argument`, under the lock. For debuggers and
  /// garbage collectors.
  void visit(void (*visitor)(Node& node, void* argument), void* argument) noexcept;
  /// For the destructor of the queue: the stored nodes, one by one; null after the last.
  Node* drain() noexcept { return storage_.pop(); }

  /// The number of stored items.
  [[nodiscard]] std::size_t stored() const noexcept {
    return stored_.load(std::memory_order_relaxed);
  }
  /// The number of permits in use: the stored items, and those on their way in or out.
  [[nodiscard]] std::size_t size() const noexcept { return size_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::size_t max_size() const noexcept { return max_size_; }
  [[nodiscard]] const char* name() const noexcept { return name_; }

 private:
  using Guard = std::unique_lock<lowlevel::ElidableLock>;

  [[nodiscard]] bool is_shut_down() const noexcept {
    return shut_down_.load(std::memory_order_relaxed);
  }
  /// Whether a get that finds nothing stored will never find an item: none is on its way.
  [[nodiscard]] bool has_ended() const noexcept { return is_shut_down() && !serving_putter_; }
  void set_size(std::size_t size) noexcept { size_.store(size, std::memory_order_relaxed); }
  [[nodiscard]] bool has_room() const noexcept { return size() < max_size_ && !serving_putter_; }
  [[gnu::always_inline]] Push store_next(Node& node) noexcept;
  [[gnu::always_inline]] Popped take_next() noexcept;
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
  Putter* claim_putter() noexcept { return static_cast<Putter*>(putters_.claim_first()); }
  Getter* claim_getter() noexcept { return static_cast<Getter*>(getters_.claim_first()); }
  void give(Getter& getter, Node& node) noexcept;
  /// The rest of enlist() if the getter need not wait. REQUIRES: the lock is held. Releases it.
  bool complete_inline(Getter& getter) noexcept;

  // All of these REQUIRE: the lock is held.

  /// Restores I1 and I2: gives stored items to waiting getters, and room to waiting putters.
  /// Releases the lock and takes it again if it has to make a node. After a shutdown it also ends
  /// the remaining waits.
  void match_waiters(Guard& guard, lowlevel::WakeList& wake) noexcept;
  /// The same at the end of a critical section: releases the lock.
  void match_waiters_and_unlock() noexcept;
  void serve(Guard& guard, Putter& putter) noexcept;
  void make_node(Guard& guard, Putter& putter) noexcept;
  void end_waits(lowlevel::WakeList& wake) noexcept;

  const char* const name_;
  const std::size_t max_size_;
  const bool holds_permits_;
  // Guards all fields below.
  lowlevel::ElidableLock lock_;
  // I3. Read without the lock by size().
  std::atomic<std::size_t> size_{0};
  // Read without the lock by looks_empty().
  std::atomic<bool> shut_down_{false};
  // A thread has released the lock to make the node of a putter: see make_node().
  bool serving_putter_ = false;
  // The queue was shut down with `dropped`: items that come later are dropped as well.
  bool dropping_ = false;
  // I4.
  std::size_t unfinished_ = 0;
  // Read without the lock by stored().
  std::atomic<std::size_t> stored_{0};
  Storage storage_;
  lowlevel::WaitList getters_;
  lowlevel::WaitList putters_;
  lowlevel::WaitList joiners_;
};

extern template class QueueCore<FifoStorage>;
extern template class QueueCore<LifoStorage>;
extern template class QueueCore<PriorityStorage>;

}  // namespace mtaio::internal
