/// What put() returns is awaited once, because its item is moved out; the rest as often as you
/// like.
#include <mtaio/exceptions.hpp>

#include "unit/queue/queue_test_case.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace {

QUEUE_TEST_CASE("queue: a put that is awaited twice is std::logic_error and puts one item") {
  Queue<std::unique_ptr<int>> queue;
  auto put = queue.put(std::make_unique<int>(1));
  co_await std::move(put);
  std::string complaint;

  try {
    co_await std::move(put);  // NOLINT(bugprone-use-after-move)
  } catch (const std::logic_error& error) {
    complaint = error.what();
  }

  CHECK(complaint ==
        "co_await put(): the operation was awaited before, or moved from. It can be awaited once; "
        "call put() again for another one.");
  CHECK(queue.qsize() == 1);
  CHECK(*co_await queue.get() == 1);
}

QUEUE_TEST_CASE("queue: a put that was moved from is std::logic_error, and puts nothing") {
  Queue<std::string> queue;
  auto moved_from = queue.put("item");
  auto put = std::move(moved_from);

  CHECK_THROWS_AS(co_await std::move(moved_from),  // NOLINT(bugprone-use-after-move)
                  std::logic_error);
  CHECK(queue.empty());
  co_await std::move(put);
  CHECK(co_await queue.get() == "item");
}

QUEUE_TEST_CASE(
    "queue: a put operation that another was assigned to puts the item of that other, once") {
  Queue<std::string> queue;
  auto put = queue.put("first");
  auto other = queue.put("second");
  co_await std::move(put);
  put = std::move(other);

  co_await std::move(put);
  CHECK_THROWS_AS(co_await std::move(put), std::logic_error);    // NOLINT(bugprone-use-after-move)
  CHECK_THROWS_AS(co_await std::move(other), std::logic_error);  // NOLINT(bugprone-use-after-move)

  CHECK(queue.qsize() == 2);
}

QUEUE_TEST_CASE("queue: get, next and join may be awaited again, get and next for another item") {
  Queue<int> queue;
  auto get = queue.get();
  auto next = queue.next();
  auto join = queue.join();

  for (int i = 0; i < 2; ++i) {
    co_await queue.put(i);
    const int got = co_await get;
    CHECK(got == i);
    co_await queue.put(i);
    const auto item = co_await next;
    CHECK(item == i);
    queue.task_done();
    queue.task_done();
    co_await join;
  }
}

}  // namespace
