/// What tasks do with a queue of one kind.
#pragma once

#include <mtaio/task.hpp>

#include "model/programs/actors.hpp"
#include "model/programs/queue_changes.hpp"
#include "model/programs/queue_operations.hpp"

#include <cstddef>

namespace model {

/// What does not depend on the kind.
class AnyQueueRun {
 public:
  AnyQueueRun() = default;
  AnyQueueRun(const AnyQueueRun&) = delete;
  AnyQueueRun& operator=(const AnyQueueRun&) = delete;
  virtual ~AnyQueueRun() = default;

  virtual void set_up(std::size_t capacity) = 0;
  virtual mtaio::Task<void> act(std::size_t actor) = 0;
  virtual void compare() noexcept = 0;
  virtual void let_go() = 0;
  virtual void tear_down() = 0;
};

template <template <class> class Queue, Moves kMoves>
class QueueRun final : public AnyQueueRun, public QueueChanges<Queue, kMoves> {
  using Changes = QueueChanges<Queue, kMoves>;
  using Item = typename Changes::Item;

 public:
  explicit QueueRun(Actors& actors) noexcept : Changes{actors} {}

  void set_up(std::size_t capacity) override {
    this->make_queue(capacity);
    turns_left_ = kBudget;
  }
  void tear_down() override { this->destroy_queue(); }

  mtaio::Task<void> act(std::size_t actor) override;
  void compare() noexcept override;
  void let_go() override;

  /// For the operations: whether the next one that need not wait gives way.
  [[nodiscard]] bool budget_is_spent() const noexcept { return turns_left_ <= 1; }
  void take_turn() noexcept { --turns_left_; }
  using Changes::actors;

 private:
  static constexpr int kBudget = 128;  // how many operations in a row before one gives way

  using Put = ModelledPut<QueueRun, typename Queue<Item>::Put::Awaiter>;
  using Get = ModelledGet<QueueRun, typename Queue<Item>::Get::Awaiter>;
  using Next = ModelledGet<QueueRun, typename Queue<Item>::Next::Awaiter>;
  using Join = ModelledJoin<QueueRun, typename Queue<Item>::Join::Awaiter>;

  mtaio::Task<void> put(std::size_t actor, Time deadline);
  mtaio::Task<void> get(std::size_t actor, Time deadline);
  mtaio::Task<void> next(std::size_t actor);
  mtaio::Task<void> join(std::size_t actor);
  mtaio::Task<void> hurry(std::size_t actor);
  mtaio::Task<void> interfere_once() {
    this->interfere();
    co_return;
  }

  int turns_left_ = 0;
};

template <template <class> class Queue, Moves kMoves>
mtaio::Task<void> QueueRun<Queue, kMoves>::act(std::size_t actor) {
  Actors& actors = this->actors();
  switch (actors.choose(16)) {
    case 0:
    case 1:
    case 2:
      return put(actor, kNever);
    case 3:
    case 4:
      return put(actor, actors.soon());
    case 5:
    case 6:
    case 7:
      return get(actor, kNever);
    case 8:
    case 9:
      return get(actor, actors.soon());
    case 10:
      return next(actor);
    case 11:
      return join(actor);
    case 12:
      return actors.sleep(actor);
    case 13:
      return hurry(actor);
    default:
      return interfere_once();
  }
}

template <template <class> class Queue, Moves kMoves>
void QueueRun<Queue, kMoves>::compare() noexcept {
  turns_left_ = kBudget;
  expect_equal(this->model().size(), this->queue().qsize(), "qsize()");
  expect_equal(this->model().size() == 0, this->queue().empty(), "empty()");
  expect_equal(this->model().full(), this->queue().full(), "full()");
  auto& core = this->queue().core();
  expect_equal(this->model().stored(), core.stored(), "stored()");
  expect_equal(this->model().unfinished(), core.unfinished(), "unfinished()");
  this->check_between();
}

template <template <class> class Queue, Moves kMoves>
void QueueRun<Queue, kMoves>::let_go() {
  switch (this->actors().choose(4)) {
    case 0:
      return this->shut_down();
    case 1:
      while (this->model().size() > 0) this->try_get();
      while (this->model().unfinished() > 0) this->task_done();
      return;
    case 2:
      for (int i = 0; i < 3; ++i) this->try_put();
      return;
    default:
      return;
  }
}

template <template <class> class Queue, Moves kMoves>
mtaio::Task<void> QueueRun<Queue, kMoves>::put(std::size_t actor, Time deadline) {
  const int number = this->new_number();
  if (number == 0) co_return;
  Wait& wait = this->actors().waits().begin(actor, deadline);
  wait.item = number;
  wait.priority = this->any_priority();
  this->actors().note("actor %zu: put(%d, %g)", actor, number, wait.priority);
  const auto make = [&] {
    if constexpr (Changes::kOrder == Order::kPriority) {
      return this->queue().put(this->new_item(number), wait.priority).operator co_await();
    } else {
      return this->queue().put(this->new_item(number)).operator co_await();
    }
  };
  Put operation{*this, wait, make};
  co_await this->actors().finish(actor, operation);
  if (wait.end != End::kServed) this->ignore_moves_of(number);
}

template <template <class> class Queue, Moves kMoves>
mtaio::Task<void> QueueRun<Queue, kMoves>::get(std::size_t actor, Time deadline) {
  Wait& wait = this->actors().waits().begin(actor, deadline);
  this->actors().note("actor %zu: get()", actor);
  Get operation{*this, wait, [this] { return this->queue().get().operator co_await(); }};
  co_await this->actors().finish(actor, operation);
  if (wait.end == End::kServed && !this->seldom(4)) this->task_done();
}

template <template <class> class Queue, Moves kMoves>
mtaio::Task<void> QueueRun<Queue, kMoves>::next(std::size_t actor) {
  Wait& wait = this->actors().waits().begin(actor);
  this->actors().note("actor %zu: next()", actor);
  Next operation{*this, wait, [this] { return this->queue().next().operator co_await(); }};
  co_await this->actors().finish(actor, operation);
}

template <template <class> class Queue, Moves kMoves>
mtaio::Task<void> QueueRun<Queue, kMoves>::join(std::size_t actor) {
  Wait& wait = this->actors().waits().begin(actor);
  this->actors().note("actor %zu: join()", actor);
  Join operation{*this, wait, [this] { return this->queue().join().operator co_await(); }};
  co_await this->actors().finish(actor, operation);
}

/// Once in a while, more operations than a task may do in a row.
template <template <class> class Queue, Moves kMoves>
mtaio::Task<void> QueueRun<Queue, kMoves>::hurry(std::size_t actor) {
  if (kMoves != Moves::kUnseen || !this->seldom(64)) co_return;
  for (int i = 0; i < 70; ++i) {
    if (this->model().full() || this->model().is_shut_down()) co_return;
    co_await put(actor, kNever);
    co_await get(actor, kNever);
    if (this->actors().waits()[actor].end != End::kServed) co_return;
  }
}

}  // namespace model
