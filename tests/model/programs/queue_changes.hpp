/// A queue of one kind with its model, and what is done with both that does not wait.
#pragma once

#include <mtaio/async_queue.hpp>
#include <mtaio/exceptions.hpp>
#include <mtaio/lifo_queue.hpp>
#include <mtaio/priority_queue.hpp>

#include "model/programs/actors.hpp"
#include "model/programs/item.hpp"
#include "model/reference/queue_model.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <optional>
#include <stdexcept>
#include <utility>

namespace model {

template <template <class> class Queue>
inline constexpr Order kOrder = Order::kFirstInFirstOut;
template <>
inline constexpr Order kOrder<mtaio::LIFOQueue> = Order::kLastInFirstOut;
template <>
inline constexpr Order kOrder<mtaio::PriorityQueue> = Order::kPriority;

template <template <class> class Queue, Moves kMoves>
class QueueChanges : private MoveListener {
 public:
  using Item = model::Item<kMoves>;
  static constexpr Order kOrder = model::kOrder<Queue>;

  [[nodiscard]] QueueModel& model() noexcept { return *model_; }
  [[nodiscard]] Queue<Item>& queue() noexcept { return *queue_; }
  bool seldom(std::size_t times) { return actors_.seldom(times); }

  /// A call of the library has returned.
  void check_between() const noexcept {
    expect(!model_->moves_expected(), "an item should have been moved, and was not");
  }

  /// Something at random.
  void interfere() {
    switch (actors_.choose(8)) {
      case 0:
      case 1:
        return try_put();
      case 2:
      case 3:
        return try_get();
      case 4:
      case 5:
        return task_done();
      case 6:
        return actors_.stop(actors_.choose(kActors));
      default:
        if (seldom(3)) shut_down();
    }
  }

  void watch_moves_of(int number) noexcept { watched_[static_cast<std::size_t>(number)] = true; }
  void ignore_moves_of(int number) noexcept { watched_[static_cast<std::size_t>(number)] = false; }

  /// While there is one, the item `number` is moved out of the queue.
  class Taking {
   public:
    Taking(QueueChanges& of, int number, Wait* getter) noexcept : of_{of}, outer_{of.taking_} {
      of.taking_ = {.why = QueueModel::Why::kTake, .item = number, .whose = getter};
    }
    Taking(const Taking&) = delete;
    Taking& operator=(const Taking&) = delete;
    ~Taking() { of_.taking_ = outer_; }

   private:
    QueueChanges& of_;
    QueueModel::Move outer_;
  };

  static int number_of(const Item& item) noexcept { return item.number(); }
  static int number_of(const std::optional<Item>& item) noexcept {
    return item ? item->number() : 0;
  }

 protected:
  explicit QueueChanges(Actors& actors) noexcept : actors_{actors} {}
  ~QueueChanges() = default;

  void make_queue(std::size_t capacity) {
    actors_.note("%s, maxsize %zu", kName, capacity);
    queue_.emplace(static_cast<std::ptrdiff_t>(capacity));
    model_.emplace(actors_.waits(), QueueRules{.order = kOrder,
                                               .capacity = capacity,
                                               .keeps_places = kMoves == Moves::kThrow,
                                               .moves_show = kMoves != Moves::kUnseen});
    expect_equal(capacity, queue_->maxsize(), "maxsize()");
    std::fill_n(watched_.begin(), last_number_ + 1, false);
    last_number_ = 0;
  }
  void destroy_queue() {
    queue_.reset();
    expect_equal(0, Item::alive(), "items that are left over");
  }

  [[nodiscard]] Actors& actors() noexcept { return actors_; }
  [[nodiscard]] Item new_item(int number) noexcept { return Item{number, *this}; }
  /// 0 if there have been too many.
  int new_number() noexcept { return last_number_ + 1 == kMostItems ? 0 : ++last_number_; }
  double any_priority() {
    if (kOrder != Order::kPriority) return 0;
    static constexpr std::array kPriorities{0.0, 0.0, -1.0, 1.5,
                                            std::numeric_limits<double>::infinity()};
    return kPriorities[actors_.choose(kPriorities.size())];
  }

  void try_put();
  void try_get();
  void task_done();
  void shut_down();

 private:
  static constexpr int kMostItems = 1024;
  static constexpr const char* kName = kOrder == Order::kPriority         ? "PriorityQueue"
                                       : kOrder == Order::kLastInFirstOut ? "LIFOQueue"
                                                                          : "AsyncQueue";

  QueueModel::TryPut try_put(Item& item, double priority);
  void moving(int number) override;

  Actors& actors_;
  std::optional<Queue<Item>> queue_;
  std::optional<QueueModel> model_;
  int last_number_ = 0;                     // that an item was given
  std::array<bool, kMostItems> watched_{};  // whether the next move of that item is the model's
  QueueModel::Move taking_;
  bool in_move_ = false;  // which uses the queue
};

template <template <class> class Queue, Moves kMoves>
void QueueChanges<Queue, kMoves>::try_put() {
  const int number = new_number();
  if (number == 0) return;
  const double priority = any_priority();
  actors_.note("try_put(%d, %g)", number, priority);
  Item item = new_item(number);
  watch_moves_of(number);
  model_->try_put(number, priority);
  const QueueModel::TryPut put = try_put(item, priority);
  check_between();
  expect_equal(model_->tried(), put, "try_put()");
  const bool is_inside = put == QueueModel::TryPut::kDone;
  expect_equal(is_inside ? 0 : number, item.number(), "the item after try_put()");
  if (!is_inside) ignore_moves_of(number);
}

template <template <class> class Queue, Moves kMoves>
QueueModel::TryPut QueueChanges<Queue, kMoves>::try_put(Item& item, double priority) {
  try {
    bool put = false;
    if constexpr (kOrder == Order::kPriority) {
      put = queue_->try_put(item, priority);
    } else {
      put = queue_->try_put(item);
    }
    return put ? QueueModel::TryPut::kDone : QueueModel::TryPut::kFull;
  } catch (const mtaio::QueueShutDown&) {
    return QueueModel::TryPut::kShutDown;
  } catch (const MoveFailed&) {
    return QueueModel::TryPut::kFailed;
  }
}

template <template <class> class Queue, Moves kMoves>
void QueueChanges<Queue, kMoves>::try_get() {
  const int number = model_->try_get();
  actors_.note("try_get(): %d", number);
  const Taking taking{*this, number, nullptr};
  try {
    const std::optional<Item> item = queue_->try_get();
    expect_equal(number, number_of(item), "try_get()");
  } catch (const MoveFailed&) {
    expect(kMoves == Moves::kThrow, "a move failed that cannot");
  }
  check_between();
}

template <template <class> class Queue, Moves kMoves>
void QueueChanges<Queue, kMoves>::task_done() {
  // An exception takes time: not each time that there is nothing to be done.
  if (model_->unfinished() == 0 && !seldom(16)) return;
  actors_.note("task_done()");
  const bool expected = model_->task_done();
  bool done = true;
  try {
    queue_->task_done();
  } catch (const std::logic_error&) {
    done = false;
  }
  expect_equal(expected, done, "task_done()");
}

template <template <class> class Queue, Moves kMoves>
void QueueChanges<Queue, kMoves>::shut_down() {
  const bool immediately = seldom(2);
  actors_.note("shutdown(%d)", immediately ? 1 : 0);
  model_->shut_down(immediately);
  queue_->shutdown(immediately);
  check_between();
}

template <template <class> class Queue, Moves kMoves>
void QueueChanges<Queue, kMoves>::moving(int number) {
  if (!watched_[static_cast<std::size_t>(number)]) return;
  const QueueModel::Move move = model_->moves_expected() ? model_->expected() : taking_;
  expect_equal(move.item, number, "the item that is moved");
  actors_.note("item %d is being moved", number);
  if (!in_move_ && seldom(4)) {
    in_move_ = true;
    interfere();
    in_move_ = false;
  }
  const bool fails = kMoves == Moves::kThrow && seldom(6);
  if (fails) actors_.note("item %d cannot be moved", number);
  if (!fails && move.why == QueueModel::Why::kTake) ignore_moves_of(number);
  model_->moved(move, !fails);
  if (fails) throw MoveFailed{};
}

}  // namespace model
