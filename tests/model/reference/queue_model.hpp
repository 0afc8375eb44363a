/// What a queue should do.
#pragma once

#include "model/reference/item_store.hpp"
#include "model/reference/wait.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>

namespace model {

struct QueueRules {
  Order order = Order::kFirstInFirstOut;
  std::size_t capacity = 0;   // 0: no bound
  bool keeps_places = false;  // an item on its way out keeps its place until it is there, because
                              // its move may throw
  bool moves_show = false;    // see QueueModel
};

/// The state of a queue and of those who wait in it, and what each operation makes of it.
///
/// A queue runs code of its items when it moves them, and that may use the queue, or throw. So an
/// operation may stop in the middle: `expected()` says which item is to be moved next and why, and
/// `moved()` goes on from there. When an operation returns, nothing is expected any more. Items
/// whose moves do not show are moved at once. When a getter moves its item out is its own affair,
/// and not expected: it may be after a long wait.
class QueueModel {
 public:
  enum class Why : std::uint8_t {
    kNothing,
    kPut,      // a put that found room
    kLatePut,  // a put that found room only when it was about to wait
    kServe,    // a put that has waited for room
    kFill,     // try_put()
    kTake,     // out of the queue, by whoever was given it
  };
  struct Move {
    Why why = Why::kNothing;
    int item = 0;
    Wait* whose = nullptr;
    double priority = 0;
  };

  QueueModel(Waits& waits, const QueueRules& rules) noexcept
      : waits_{waits}, rules_{rules}, store_{rules.order} {}

  // Putting.

  /// A put of `wait.item` tries without waiting. Then the wait has ended, or has not.
  void put_at_once(Wait& wait) noexcept;
  /// The put has not ended, and is about to wait.
  void put(Wait& wait) noexcept;

  enum class TryPut : std::uint8_t { kDone, kFull, kShutDown, kFailed };
  /// `tried()` says what came of it.
  void try_put(int number, double priority) noexcept;
  [[nodiscard]] TryPut tried() const noexcept { return tried_; }

  // Getting.

  /// A get tries without waiting.
  void get_at_once(Wait& wait) noexcept;
  void get(Wait& wait) noexcept;
  /// The number of the item that there is, or 0.
  int try_get() noexcept;

  // Moving.

  [[nodiscard]] bool moves_expected() const noexcept { return expected_.why != Why::kNothing; }
  /// The move has begun.
  Move expected() noexcept { return std::exchange(expected_, Move{}); }
  /// The move is over.
  void moved(const Move& move, bool well) noexcept;

  // The rest.

  /// False if nothing is unfinished.
  bool task_done() noexcept;
  void join_at_once(Wait& wait) noexcept;
  void join(Wait& wait) noexcept;
  void shut_down(bool immediately) noexcept;

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t stored() const noexcept { return store_.size(); }
  [[nodiscard]] bool full() const noexcept {
    return rules_.capacity > 0 && size_ >= rules_.capacity;
  }
  [[nodiscard]] std::size_t unfinished() const noexcept { return unfinished_; }
  [[nodiscard]] bool is_shut_down() const noexcept { return shut_down_; }

 private:
  [[nodiscard]] bool has_room() const noexcept { return !full() && !serving_; }
  void move(const Move& next) noexcept;
  void made(Wait& putter, bool well, bool late) noexcept;
  void served(Wait& putter, bool well) noexcept;
  void filled(const Move& move, bool well) noexcept;
  void taken(const Move& move, bool well) noexcept;

  void store(int number, double priority) noexcept;
  int take() noexcept;
  void accept(Wait& putter) noexcept;
  void give(Wait& getter) noexcept;
  void settle() noexcept;
  void let_joiners_go() noexcept;

  Waits& waits_;
  QueueRules rules_;
  ItemStore store_;
  std::size_t size_ = 0;  // what is stored, and places kept for items on their way in or out
  std::size_t unfinished_ = 0;
  bool shut_down_ = false;
  bool dropping_ = false;
  bool serving_ = false;  // the item of a putter that has waited is being moved
  std::array<ItemStore::Item, 16> leaving_{};  // taken, and not yet moved out, of kept places
  std::size_t left_ = 0;
  TryPut tried_ = TryPut::kDone;
  Move expected_;
  Line getters_;
  Line putters_;
  Line joiners_;
};

}  // namespace model
