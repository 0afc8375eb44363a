#include <mtaio/exceptions.hpp>

#include "support/counted.hpp"
#include "unit/queue/queue_test_case.hpp"

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace {

using test::Counted;
using test::put_into;

QUEUE_TEST_CASE("queue: items need only be movable") {
  mtaio::TaskExecutor executor;
  Queue<std::unique_ptr<int>> queue{1};
  co_await queue.put(std::make_unique<int>(1));
  auto waiting = executor.create_task(put_into(queue, std::make_unique<int>(2)));
  co_await test::let_others_run();

  const std::unique_ptr<int> first = co_await queue.get();
  CHECK(*first == 1);
  const auto second = co_await queue.next();
  REQUIRE(second.has_value());
  CHECK(**second == 2);
  co_await waiting;

  auto third = std::make_unique<int>(3);
  CHECK(queue.try_put(third));
  CHECK(third == nullptr);
  auto refused = std::make_unique<int>(4);
  CHECK_FALSE(queue.try_put(refused));
  CHECK(*refused == 4);
  const auto taken = queue.try_get();
  REQUIRE(taken.has_value());
  CHECK(**taken == 3);
}

/// Movable, and nothing else: no default, no copy, no assignment.
class OnlyMovable {
 public:
  explicit OnlyMovable(int value) : value_{value} {}
  OnlyMovable(OnlyMovable&&) = default;
  OnlyMovable& operator=(OnlyMovable&&) = delete;
  ~OnlyMovable() = default;
  [[nodiscard]] int value() const { return value_; }

 private:
  int value_;
};

QUEUE_TEST_CASE("queue: items need neither a default constructor nor assignment") {
  Queue<OnlyMovable> queue;
  co_await queue.put(OnlyMovable{1});
  const OnlyMovable item = co_await queue.get();
  CHECK(item.value() == 1);
}

struct alignas(128) OverAligned {
  explicit OverAligned(int of) : value{of} {}
  [[nodiscard]] bool aligned() const {
    return reinterpret_cast<std::uintptr_t>(this) % alignof(OverAligned) == 0;
  }
  int value;
};

TEST_CASE("queue: over-aligned items pass through, put and taken by plain threads") {
  // Not in a task: compilers misalign over-aligned variables in coroutine frames.
  mtaio::AsyncQueue<OverAligned> queue;
  for (int i = 0; i < 10; ++i) {
    OverAligned item{i};
    CHECK(queue.try_put(item));
  }
  for (int i = 0; i < 10; ++i) {
    const auto item = queue.try_get();
    REQUIRE(item.has_value());
    CHECK(item->value == i);
    CHECK(item->aligned());
  }
}

TASK_TEST_CASE("queue: over-aligned items pass through put() and get()") {
  mtaio::AsyncQueue<OverAligned> queue{1};
  co_await queue.put(OverAligned{1});
  const OverAligned item = co_await queue.get();
  CHECK(item.value == 1);
}

QUEUE_TEST_CASE("queue: its destructor destroys the items left in it, once") {
  const int alive_before = Counted::alive();
  {
    Queue<Counted> queue;
    for (int i = 0; i < 10; ++i) co_await queue.put(Counted{i});
    (void)co_await queue.get();
    CHECK(Counted::alive() == alive_before + 9);
  }
  CHECK(Counted::alive() == alive_before);
}

QUEUE_TEST_CASE("queue: shutdown(true) destroys the items that it drops, once") {
  const int alive_before = Counted::alive();
  Queue<Counted> queue;
  for (int i = 0; i < 10; ++i) co_await queue.put(Counted{i});
  queue.shutdown(true);
  CHECK(Counted::alive() == alive_before);
}

QUEUE_TEST_CASE("queue: the item of a put that shutdown() ended is destroyed once") {
  mtaio::TaskExecutor executor;
  const int alive_before = Counted::alive();
  {
    Queue<Counted> queue{1};
    co_await queue.put(Counted{1});
    auto waiting = executor.create_task(put_into(queue, Counted{2}));
    co_await test::let_others_run();
    queue.shutdown(true);
    CHECK_THROWS_AS(co_await waiting, mtaio::QueueShutDown);
  }
  CHECK(Counted::alive() == alive_before);
}

QUEUE_TEST_CASE(
    "queue: an item handed to a getter that is destroyed with its result is destroyed once") {
  mtaio::TaskExecutor executor;
  const int alive_before = Counted::alive();
  {
    Queue<Counted> queue;
    auto getting = executor.create_task(test::get_from(queue));
    co_await test::let_others_run();
    co_await queue.put(Counted{1});
    co_await test::let_others_run();
    CHECK(getting.done());
  }
  CHECK(Counted::alive() == alive_before);
}

TASK_TEST_CASE("queue: many items can be left in it when it is destroyed") {
  mtaio::AsyncQueue<int> queue;
  mtaio::PriorityQueue<int> by_priority;
  for (int i = 0; i < 200'000; ++i) {
    co_await queue.put(i);
    co_await by_priority.put(i, i % 7);
  }
}

}  // namespace
