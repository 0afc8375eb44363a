#include "support/counting_new.hpp"
#include "unit/queue/queue_test_case.hpp"

#include <array>
#include <chrono>
#include <new>
#include <optional>
#include <utility>

namespace {

using namespace std::chrono_literals;
using test::allocations;

const doctest::skip if_not_counted{!test::kCountsAllocations};
const doctest::skip if_not_kept{!test::kCountsAllocations || !test::kKeepsMemory};

/// Lets others run without allocating itself.
#define LET_OTHERS_RUN() \
  for (int turn = 0; turn < 8; ++turn) co_await mtaio::sleep(0s)

QUEUE_TEST_CASE("queue: a get that waits allocates nothing" * if_not_counted) {
  mtaio::TaskExecutor executor;
  Queue<int> queue;
  auto getting = executor.create_task(test::get_from(queue));
  const std::size_t before = allocations();
  LET_OTHERS_RUN();
  const std::size_t after = allocations();
  CHECK(after == before);
  CHECK_FALSE(getting.done());
  co_await queue.put(1);
  (void)co_await getting;
}

QUEUE_TEST_CASE("queue: a put that waits allocates nothing" * if_not_counted) {
  mtaio::TaskExecutor executor;
  Queue<int> queue{1};
  co_await queue.put(1);
  auto putting = executor.create_task(test::put_into(queue, 2));
  const std::size_t before = allocations();
  LET_OTHERS_RUN();
  const std::size_t after = allocations();
  CHECK(after == before);
  CHECK_FALSE(putting.done());
  (void)co_await queue.get();
  co_await putting;
}

QUEUE_TEST_CASE("queue: a join that waits allocates nothing" * if_not_counted) {
  mtaio::TaskExecutor executor;
  Queue<int> queue;
  co_await queue.put(1);
  auto joining = executor.create_task(test::join(queue));
  const std::size_t before = allocations();
  LET_OTHERS_RUN();
  const std::size_t after = allocations();
  CHECK(after == before);
  CHECK_FALSE(joining.done());
  queue.task_done();
  co_await joining;
}

QUEUE_TEST_CASE("queue: to cancel a waiting get allocates nothing" * if_not_counted) {
  mtaio::TaskExecutor executor;
  Queue<int> queue;
  auto getting = executor.create_task(test::get_from(queue));
  LET_OTHERS_RUN();
  const std::size_t before = allocations();
  getting.request_stop();
  LET_OTHERS_RUN();
  const std::size_t after = allocations();
  CHECK(after == before);
  CHECK(getting.done());
}

QUEUE_TEST_CASE("queue: a put has the memory of an item that was taken" * if_not_kept) {
  Queue<int> queue;
  co_await queue.put(0);
  (void)co_await queue.get();
  const std::size_t before = allocations();
  for (int i = 0; i < 1'000; ++i) {
    co_await queue.put(i);
    (void)co_await queue.get();
  }
  const std::size_t after = allocations();
  CHECK(after == before);
}

/// Too big for the free lists, so that each needs an allocation of its own.
struct Big {
  explicit Big(int of) : value{of} {}
  int value;
  std::array<char, 4000> rest{};
};

struct alignas(128) OverAligned {
  explicit OverAligned(int of) : value{of} {}
  int value;
};

TEST_CASE("queue: the memory of over-aligned items is given back" * if_not_counted) {
  mtaio::AsyncQueue<OverAligned> queue;
  const std::size_t before = test::allocations_in_use();
  for (int i = 0; i < 10; ++i) {
    OverAligned item{i};
    (void)queue.try_put(item);
  }
  const std::size_t full = test::allocations_in_use();
  for (int i = 0; i < 10; ++i) (void)queue.try_get();
  const std::size_t after = test::allocations_in_use();
  CHECK(full == before + 10);
  CHECK(after == before);
}

QUEUE_TEST_CASE(
    "queue: a put whose allocation fails has not put, and try_put leaves the item with the "
    "caller" *
    if_not_counted) {
  Queue<Big> queue{1};
  auto put = queue.put(Big{1});
  Big item{2};
  bool put_failed = false;
  bool try_put_failed = false;
  test::allocations_fail = true;
  try {
    co_await std::move(put);
  } catch (const std::bad_alloc&) {
    put_failed = true;
  }
  try {
    (void)queue.try_put(item);
  } catch (const std::bad_alloc&) {
    try_put_failed = true;
  }
  test::allocations_fail = false;
  CHECK(put_failed);
  CHECK(try_put_failed);
  CHECK(queue.empty());
  CHECK(item.value == 2);
  CHECK(queue.try_put(item));
  CHECK(queue.full());
  queue.task_done();
  co_await queue.join();
}

QUEUE_TEST_CASE(
    "queue: a waiting put whose allocation fails is told so; the getter and the one behind it are "
    "not" *
    if_not_counted) {
  mtaio::TaskExecutor executor;
  Queue<Big> queue{1};
  co_await queue.put(Big{1});
  auto failing = executor.create_task(test::put_into(queue, Big{2}));
  co_await test::let_others_run();
  test::allocations_fail = true;
  std::optional<Big> got = queue.try_get();
  test::allocations_fail = false;
  REQUIRE(got.has_value());
  CHECK(got->value == 1);
  CHECK_THROWS_AS(co_await failing, std::bad_alloc);
  CHECK(queue.empty());
  co_await queue.put(Big{3});
  const Big last = co_await queue.get();
  CHECK(last.value == 3);
}

TEST_CASE("priority queue: items are sorted even when there is no memory for it") {
  if (!test::kCountsAllocations) return;
  using mtaio::internal::PriorityStorage;
  constexpr std::size_t kCount = 1'000;
  std::vector<PriorityStorage::Node> nodes(kCount);
  PriorityStorage storage;
  for (std::size_t i = 0; i < kCount; ++i) {
    nodes[i].priority = static_cast<double>(i * 7'919 % 100);
    test::allocations_fail = i % 300 >= 150;
    storage.push(nodes[i]);
  }
  test::allocations_fail = false;
  std::size_t seen = 0;
  storage.visit([](PriorityStorage::Node&, void* count) { ++*static_cast<std::size_t*>(count); },
                &seen);
  CHECK(seen == kCount);
  bool in_order = true;
  const PriorityStorage::Node* last = nullptr;
  for (std::size_t i = 0; i < kCount; ++i) {
    PriorityStorage::Node* next = storage.pop();
    REQUIRE(next);
    in_order = in_order && (!last || last->priority < next->priority ||
                            (last->priority == next->priority && last->sequence < next->sequence));
    if (i % 10 == 0 && next != last) {  // as when the item could not be moved out
      storage.put_back(*next);
      in_order = in_order && storage.pop() == next;
    }
    last = next;
  }
  CHECK(in_order);
  CHECK(storage.empty());
  CHECK(storage.pop() == nullptr);
}

}  // namespace
