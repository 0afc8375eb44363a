#include "queue/queue_test_case.hpp"
#include "support/counting_new.hpp"

#include <chrono>

namespace {

using namespace std::chrono_literals;
using test::allocations;

/// Lets others run without allocating itself.
#define LET_OTHERS_RUN() \
  for (int turn = 0; turn < 8; ++turn) co_await mtaio::sleep(0s)

QUEUE_TEST_CASE("queue: a get that waits allocates nothing") {
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

QUEUE_TEST_CASE("queue: a put that waits allocates nothing") {
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

QUEUE_TEST_CASE("queue: a join that waits allocates nothing") {
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

QUEUE_TEST_CASE("queue: to cancel a waiting get allocates nothing") {
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

}  // namespace
