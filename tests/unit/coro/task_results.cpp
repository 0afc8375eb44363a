#include <mtaio/exceptions.hpp>
#include <mtaio/sleep.hpp>
#include <mtaio/task.hpp>

#include "support/coroutines.hpp"
#include "support/counted.hpp"
#include "support/task_test_case.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

namespace {

using mtaio::Task;
using test::nothing;

Task<int&> refer(int& value) { co_return value; }
Task<const std::string&> refer(const std::string& text) { co_return text; }
Task<std::unique_ptr<int>> make(int value) { co_return std::make_unique<int>(value); }

class OnlyFromInt {
 public:
  explicit OnlyFromInt(int value) : value_{value} {}
  OnlyFromInt(OnlyFromInt&&) = default;
  OnlyFromInt& operator=(OnlyFromInt&&) = delete;
  ~OnlyFromInt() = default;
  [[nodiscard]] int value() const { return value_; }

 private:
  int value_;
};
Task<OnlyFromInt> make_without_default() { co_return OnlyFromInt{5}; }

TASK_TEST_CASE("task: the result may be void") {
  co_await nothing();
  static_assert(std::is_void_v<mtaio::await_result_t<Task<void>>>);
}

TASK_TEST_CASE("task: the result may be a reference, and is the object itself") {
  int number = 1;
  int& same = co_await refer(number);
  CHECK(&same == &number);
  const std::string text = "text";
  const std::string& same_text = co_await refer(text);
  CHECK(&same_text == &text);
  static_assert(std::is_same_v<mtaio::await_result_t<Task<int&>>, int&>);
}

TASK_TEST_CASE("task: the result may be move-only") {
  const std::unique_ptr<int> result = co_await make(7);
  CHECK(*result == 7);
}

TASK_TEST_CASE("task: the result needs neither a default constructor nor assignment") {
  const OnlyFromInt result = co_await make_without_default();
  CHECK(result.value() == 5);
}

TASK_TEST_CASE("task: the result is destroyed once, taken or not") {
  const int alive_before = test::Counted::alive();
  const auto give = []() -> Task<test::Counted> { co_return test::Counted{3}; };
  CHECK((co_await give()).value() == 3);
  (void)co_await give();
  CHECK(test::Counted::alive() == alive_before);
}

TASK_TEST_CASE("task: co_return converts to the result") {
  const auto text = []() -> Task<std::string> { co_return "text"; };
  const std::string result = co_await text();
  CHECK(result == "text");
}

TEST_CASE("task: run() gives results of every kind") {
  int number = 1;
  mtaio::run(nothing());
  CHECK(&mtaio::run(refer(number)) == &number);
  CHECK(*mtaio::run(make(2)) == 2);
  CHECK(mtaio::run(make_without_default()).value() == 5);
}

Task<int> fail(bool wait_first) {
  if (wait_first) co_await mtaio::sleep(std::chrono::seconds{0});
  throw std::out_of_range{"too far"};
}
Task<int> pass_on(bool wait_first) { co_return co_await fail(wait_first); }

TASK_TEST_CASE("task: its exception comes out of the co_await as it is") {
  for (const bool wait_first : {false, true}) {
    CHECK_THROWS_AS((void)co_await fail(wait_first), std::out_of_range);
    CHECK_THROWS_AS((void)co_await pass_on(wait_first), std::out_of_range);
    std::string message;
    try {
      (void)co_await pass_on(wait_first);
    } catch (const std::out_of_range& error) {
      message = error.what();
    }
    CHECK(message == "too far");
  }
}

TEST_CASE("task: the exception of the main task comes out of run() as it is") {
  CHECK_THROWS_AS((void)mtaio::run(fail(false)), std::out_of_range);
  CHECK_THROWS_AS((void)mtaio::run(pass_on(true)), std::out_of_range);
}

TASK_TEST_CASE("task: an exception need not be a std::exception") {
  const auto throw_number = []() -> Task<void> {
    throw 42;
    co_return;
  };
  int caught = 0;
  try {
    co_await throw_number();
  } catch (int number) {
    caught = number;
  }
  CHECK(caught == 42);
}

TASK_TEST_CASE("task: a task that catches continues") {
  const auto recover = []() -> Task<int> {
    int failures = 0;
    for (int i = 0; i < 3; ++i) {
      try {
        (void)co_await fail(i % 2 == 0);
      } catch (const std::out_of_range&) {
        ++failures;
      }
    }
    co_return failures;
  };
  CHECK(co_await recover() == 3);
}

class ThrowsWhenMoved {
 public:
  ThrowsWhenMoved() = default;
  // NOLINTNEXTLINE(*-noexcept-move*)
  ThrowsWhenMoved(ThrowsWhenMoved&&) { throw std::runtime_error{"the result cannot be moved"}; }
  ThrowsWhenMoved& operator=(ThrowsWhenMoved&&) = delete;
  ~ThrowsWhenMoved() = default;
};

TASK_TEST_CASE("task: an exception of the result's own move comes out of the co_await") {
  const auto give = []() -> Task<ThrowsWhenMoved> { co_return ThrowsWhenMoved{}; };
  CHECK_THROWS_AS((void)co_await give(), std::runtime_error);
}

}  // namespace
