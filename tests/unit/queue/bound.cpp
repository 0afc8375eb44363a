#include <mtaio/exceptions.hpp>

#include "unit/queue/queue_test_case.hpp"

#include <cstddef>
#include <limits>
#include <stdexcept>
#include <string>

namespace {

using test::put_into;

QUEUE_TEST_CASE("queue: a negative maxsize is std::invalid_argument") {
  CHECK_THROWS_AS(Queue<int>{-1}, std::invalid_argument);
  CHECK_THROWS_AS(Queue<int>{std::numeric_limits<std::ptrdiff_t>::min()}, std::invalid_argument);
  co_return;
}

TEST_CASE("queue: the message about a negative maxsize says which queue and which value") {
  std::string message;
  try {
    const mtaio::AsyncQueue<int> queue{-5};
  } catch (const std::invalid_argument& error) {
    message = error.what();
  }
  CHECK(message.find("AsyncQueue(-5)") != std::string::npos);
}

QUEUE_TEST_CASE("queue: with maxsize 0, the default, it takes any number of items") {
  Queue<int> queue;
  CHECK(queue.maxsize() == 0);
  for (int i = 0; i < 100'000; ++i) co_await queue.put(i);
  CHECK(queue.qsize() == 100'000);
  CHECK_FALSE(queue.full());
}

QUEUE_TEST_CASE("queue: qsize, empty, full and maxsize tell how many there are") {
  Queue<int> queue{2};
  CHECK(queue.maxsize() == 2);
  CHECK(queue.qsize() == 0);
  CHECK(queue.empty());
  CHECK_FALSE(queue.full());

  co_await queue.put(1);
  CHECK(queue.qsize() == 1);
  CHECK_FALSE(queue.empty());
  CHECK_FALSE(queue.full());

  co_await queue.put(2);
  CHECK(queue.qsize() == 2);
  CHECK(queue.full());

  (void)co_await queue.get();
  CHECK(queue.qsize() == 1);
  CHECK_FALSE(queue.full());
}

QUEUE_TEST_CASE("queue: the greatest maxsize there is works") {
  Queue<int> queue{std::numeric_limits<std::ptrdiff_t>::max()};
  co_await queue.put(1);
  CHECK_FALSE(queue.full());
  CHECK(queue.maxsize() == static_cast<std::size_t>(std::numeric_limits<std::ptrdiff_t>::max()));
  CHECK(co_await queue.get() == 1);
}

QUEUE_TEST_CASE("queue: a put on a full queue waits until there is room") {
  mtaio::TaskExecutor executor;
  Queue<int> queue{1};
  co_await queue.put(1);

  auto waiting = executor.create_task(put_into(queue, 2));
  co_await test::let_others_run();
  CHECK_FALSE(waiting.done());
  CHECK(queue.qsize() == 1);

  CHECK(co_await queue.get() == 1);
  co_await waiting;
  CHECK(queue.qsize() == 1);
  CHECK(co_await queue.get() == 2);
}

QUEUE_TEST_CASE("queue: a get on an empty queue waits for an item") {
  mtaio::TaskExecutor executor;
  Queue<int> queue;
  auto waiting = executor.create_task(test::get_from(queue));
  co_await test::let_others_run();
  CHECK_FALSE(waiting.done());

  co_await queue.put(1);
  CHECK(co_await waiting == 1);
  CHECK(queue.empty());
}

QUEUE_TEST_CASE("queue: try_put() on a full queue gives false and leaves the item untouched") {
  Queue<std::string> queue{1};
  std::string first = "first";
  std::string second = "second";
  CHECK(queue.try_put(first));
  CHECK_FALSE(queue.try_put(second));
  CHECK(second == "second");
  CHECK(queue.qsize() == 1);
  co_return;
}

QUEUE_TEST_CASE("queue: never holds more than maxsize, however many want to put") {
  mtaio::TaskExecutor executor;
  Queue<int> queue{3};
  std::vector<mtaio::TaskHandle<void>> putters;
  for (int i = 0; i < 10; ++i) putters.push_back(executor.create_task(put_into(queue, i)));
  std::vector<bool> seen(10);
  for (int taken = 0; taken < 10; ++taken) {
    co_await test::let_others_run();
    CHECK(queue.qsize() == static_cast<std::size_t>(std::min(3, 10 - taken)));
    seen[static_cast<std::size_t>(co_await queue.get())] = true;
  }
  CHECK(seen == std::vector<bool>(10, true));
  for (auto& putter : putters) co_await putter;
}

}  // namespace
