#include <mtaio/core.hpp>

#include "support/counted.hpp"
#include "support/task_test_case.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

// Whether the compiler can be trusted: the ways of passing things to an awaited call that this
// library supports, each of which has to construct and destroy what is passed exactly once. If one
// of these fails, so will anything else.
//
// GCC before 13 destroys twice, in a full expression that contains co_await:
//   - a temporary closure that captures something with a destructor:  co_await
//   executor.run_in_thread([s] { ... });
//   - a temporary aggregate that has such a member:                   co_await queue.put(Item{1,
//   s});
//   - the chosen operand of a conditional of class type:              cond ? co_await a() : b
// GCC before 13 also loses its way in a coroutine that awaits in the condition of an if, a loop or
// a switch and has no variable of its own anywhere in its body:
//     mtaio::Task<void> f(mtaio::Latch& latch) { if (!co_await latch.wait(5s)) give_up(); }
// A named variable for the result cures it. conditions.cpp shows it.
//
// So none of these is here. Instead of the first three: give the closure or aggregate a name and
// std::move it, capture by reference, pass arguments beside a function, or make the operation in
// one statement and await it in the next.

// GCC cannot tell a closure that has a name from one that has not, and where it warns of the latter
// it warns of both.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
#endif

namespace {

using namespace std::chrono_literals;
using test::Counted;

mtaio::Task<int> value_of(Counted item) {
  co_await mtaio::sleep(0s);
  co_return item.value();
}
mtaio::Task<int> sum_of(Counted a, Counted b) {
  co_await mtaio::sleep(0s);
  co_return a.value() + b.value();
}
int plain_value_of(const Counted& item) { return item.value(); }

/// Says at the end of its scope whether every `Counted` made meanwhile is gone.
class NoneLeft {
 public:
  NoneLeft() = default;
  NoneLeft(const NoneLeft&) = delete;
  NoneLeft& operator=(const NoneLeft&) = delete;
  ~NoneLeft() { CHECK(Counted::alive() == alive_before_); }

 private:
  int alive_before_ = Counted::alive();
};

TASK_TEST_CASE("canary: a coroutine with a temporary as its argument") {
  const NoneLeft none_left;
  CHECK(co_await value_of(Counted{1}) == 1);
  CHECK(co_await sum_of(Counted{1}, Counted{2}) == 3);
}

TASK_TEST_CASE("canary: a coroutine with a moved variable as its argument") {
  const NoneLeft none_left;
  Counted item{1};
  CHECK(co_await value_of(std::move(item)) == 1);
}

TASK_TEST_CASE("canary: a task made in one statement and awaited in the next") {
  const NoneLeft none_left;
  auto task = value_of(Counted{1});
  CHECK(co_await std::move(task) == 1);
}

TASK_TEST_CASE("canary: a task that is never awaited destroys its arguments once") {
  const NoneLeft none_left;
  {
    [[maybe_unused]] auto task = value_of(Counted{1});
  }
  co_return;
}

TASK_TEST_CASE("canary: a task inside the call of the executor") {
  const NoneLeft none_left;
  mtaio::TaskExecutor executor;
  CHECK(co_await executor.run(value_of(Counted{1}), {.timeout = 1h}) == 1);
  const auto [a, b] = co_await executor.gather(value_of(Counted{1}), value_of(Counted{2}));
  CHECK(a + b == 3);
}

TASK_TEST_CASE("canary: a range of tasks that is moved in") {
  const NoneLeft none_left;
  mtaio::TaskExecutor executor;
  std::vector<mtaio::Task<int>> tasks;
  for (int i = 0; i < 10; ++i) tasks.push_back(value_of(Counted{i}));
  const std::vector<int> values = co_await executor.gather(std::move(tasks), {.limit = 3});
  CHECK(values.size() == 10);
}

TASK_TEST_CASE("canary: a function and its arguments, for a thread") {
  const NoneLeft none_left;
  mtaio::TaskExecutor executor;
  CHECK(co_await executor.run_in_thread(plain_value_of, Counted{1}) == 1);
  const std::string text(100, 'x');
  const std::size_t length =
      co_await executor.run_in_thread([](const std::string& of) { return of.size(); }, text);
  CHECK(length == 100);
}

TASK_TEST_CASE("canary: a named closure that is moved in") {
  const NoneLeft none_left;
  mtaio::TaskExecutor executor;
  auto item = std::make_shared<Counted>(1);
  auto closure = [item] { return item->value(); };
  CHECK(co_await executor.run_in_thread(std::move(closure)) == 1);
  CHECK(item.use_count() == 1);
}

TASK_TEST_CASE("canary: a named closure that is copied in") {
  const NoneLeft none_left;
  mtaio::TaskExecutor executor;
  auto item = std::make_shared<Counted>(1);
  {
    const auto closure = [item] { return item->value(); };
    CHECK(co_await executor.run_in_thread(closure) == 1);
  }
  CHECK(item.use_count() == 1);
}

TASK_TEST_CASE("canary: a temporary closure that captures by reference, or a number") {
  mtaio::TaskExecutor executor;
  const std::string text(100, 'x');
  std::size_t more = 5;
  const std::size_t length =
      co_await executor.run_in_thread([&text, more] { return text.size() + more; });
  CHECK(length == 105);
}

TASK_TEST_CASE(
    "canary: a temporary closure with state, where the operation has a statement of its own") {
  const NoneLeft none_left;
  mtaio::TaskExecutor executor;
  auto item = std::make_shared<Counted>(1);
  auto operation = executor.run_in_thread([item] { return item->value(); });
  CHECK(co_await std::move(operation) == 1);
  CHECK(item.use_count() == 1);
}

TASK_TEST_CASE("canary: an item with a constructor, put into a queue") {
  const NoneLeft none_left;
  mtaio::AsyncQueue<Counted> queue;
  co_await queue.put(Counted{1});
  CHECK((co_await queue.get()).value() == 1);
}

TASK_TEST_CASE("canary: strings and pointers, put into a queue as temporaries") {
  mtaio::AsyncQueue<std::string> strings;
  const std::string text(100, 'x');
  co_await strings.put(text);
  co_await strings.put(text + "y");
  co_await strings.put(std::string(50, 'z'));
  const std::string first = co_await strings.get();
  const std::string second = co_await strings.get();
  CHECK(first == text);
  CHECK(second.size() == 101);

  mtaio::AsyncQueue<std::shared_ptr<int>> pointers;
  auto pointer = std::make_shared<int>(1);
  co_await pointers.put(pointer);
  CHECK(pointer.use_count() == 2);
  (void)co_await pointers.get();
  CHECK(pointer.use_count() == 1);
}

struct Aggregate {
  int number;
  std::shared_ptr<int> pointer;
};

TASK_TEST_CASE("canary: a named aggregate that is moved into a queue") {
  mtaio::AsyncQueue<Aggregate> queue;
  auto pointer = std::make_shared<int>(1);
  Aggregate item{1, pointer};
  co_await queue.put(std::move(item));
  CHECK(pointer.use_count() == 2);
  const Aggregate got = co_await queue.get();
  CHECK(got.pointer.use_count() == 2);
}

TASK_TEST_CASE("canary: a map over a vector with a coroutine function") {
  mtaio::TaskExecutor executor;
  std::vector<std::string> items{"one", "two", "three"};
  const auto shout = [](std::string item) -> mtaio::Task<std::string> { co_return item + "!"; };
  const std::vector<std::string> loud = co_await executor.map(shout, items, {.limit = 2});
  CHECK(loud == std::vector<std::string>{"one!", "two!", "three!"});
}

mtaio::Task<bool> is_positive(int number) {
  co_await mtaio::sleep(0s);
  co_return number > 0;
}
mtaio::Task<int> count_down_awaiting_a_variable(int from) {
  for (;;) {
    const bool more = co_await is_positive(from);
    if (!more) break;
    --from;
  }
  co_return from;
}
mtaio::Task<int> count_down_declaring_in_the_condition(int from) {
  while (const bool more = co_await is_positive(from)) from -= static_cast<int>(more);
  co_return from;
}
mtaio::Task<int> count_down_awaiting_in_the_condition(int from) {
  int left = from;
  while (co_await is_positive(left)) --left;
  if (!co_await is_positive(left)) --left;
  co_return left + 1;
}

TASK_TEST_CASE("canary: awaiting for a condition, where the coroutine has a variable") {
  CHECK(co_await count_down_awaiting_a_variable(5) == 0);
  CHECK(co_await count_down_declaring_in_the_condition(5) == 0);
  CHECK(co_await count_down_awaiting_in_the_condition(5) == 0);
}

TASK_TEST_CASE("canary: an exception that passes a co_await destroys everything once") {
  const NoneLeft none_left;
  const auto fail = [](Counted item) -> mtaio::Task<int> {
    co_await mtaio::sleep(0s);
    if (item.value() == 1) throw std::runtime_error{"failed"};
    co_return 0;
  };
  CHECK_THROWS_AS((void)co_await fail(Counted{1}), std::runtime_error);
}

}  // namespace
