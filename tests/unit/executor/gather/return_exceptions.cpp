#include <mtaio/core.hpp>

#include "support/outcomes.hpp"
#include "support/task_test_case.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using test::message_of;
using test::outcome_of;
using test::threw;

namespace {

template <class T>
mtaio::Task<T> give_or_fail(T value, bool fails) {
  co_await mtaio::sleep(0s);
  if (fails) throw std::runtime_error{"failed"};
  co_return value;
}
mtaio::Task<int&> give_reference_or_fail(int& variable, bool fails) {
  if (fails) throw std::runtime_error{"failed"};
  co_return variable;
}
mtaio::Task<void> do_or_fail(int& done, bool fails) {
  if (fails) throw std::runtime_error{"failed"};
  ++done;
  co_return;
}
mtaio::Task<int> throw_cancelled() {
  throw mtaio::CancelledError{};
  co_return 0;
}

/// Throws when it is moved too often.
struct Fragile {
  explicit Fragile(int moves) : moves_left{moves} {}
  // NOLINTNEXTLINE(performance-noexcept-move-constructor): that is the point
  Fragile(Fragile&& other) : moves_left{other.moves_left - 1} {
    if (moves_left < 0) throw std::runtime_error{"moved"};
  }
  Fragile& operator=(Fragile&&) = delete;
  ~Fragile() = default;
  int moves_left;
};
mtaio::Task<Fragile> give_fragile(int moves) {
  Fragile fragile{moves};
  co_return fragile;
}
/// Whether there was a result; false if a move threw.
template <mtaio::Awaitable A>
mtaio::Task<bool> arrives(A awaitable) {
  try {
    [[maybe_unused]] const auto result = co_await std::move(awaitable);
  } catch (const std::runtime_error&) {
    co_return false;
  }
  co_return true;
}

TASK_TEST_CASE("return_exceptions: every task runs, and there is an outcome each, in order") {
  mtaio::TaskExecutor executor;
  auto tasks = test::many(20, [&](int i) { return give_or_fail(std::to_string(i), i % 3 == 1); });

  const std::vector<mtaio::Outcome<std::string>> outcomes =
      co_await executor.gather(mtaio::return_exceptions, std::move(tasks), {.limit = 4});

  REQUIRE(outcomes.size() == 20);
  for (std::size_t i = 0; i < 20; ++i) {
    if (i % 3 == 1) {
      CHECK_FALSE(outcomes[i].has_value());
      CHECK(message_of(outcomes[i].error()) == "failed");
    } else {
      CHECK(outcomes[i].value() == std::to_string(i));
      CHECK(outcomes[i].error() == nullptr);
    }
  }
}

TASK_TEST_CASE("return_exceptions: results may be void, references and move-only") {
  mtaio::TaskExecutor executor;
  int variable = 0;
  int done = 0;
  std::vector<mtaio::Task<void>> of_void;
  std::vector<mtaio::Task<int&>> of_references;
  std::vector<mtaio::Task<std::unique_ptr<int>>> of_pointers;
  for (const bool fails : {false, true}) {
    of_void.push_back(do_or_fail(done, fails));
    of_references.push_back(give_reference_or_fail(variable, fails));
    of_pointers.push_back(give_or_fail(std::make_unique<int>(1), fails));
  }

  const auto voids = co_await executor.gather(mtaio::return_exceptions, of_void);
  const auto references = co_await executor.gather(mtaio::return_exceptions, of_references);
  auto pointers = co_await executor.gather(mtaio::return_exceptions, of_pointers);

  CHECK(voids.at(0));
  CHECK_FALSE(voids.at(1));
  CHECK(done == 1);
  CHECK(&references.at(0).value() == &variable);
  CHECK_FALSE(references.at(1));
  const std::unique_ptr<int> pointer = std::move(pointers.at(0)).value();
  CHECK(*pointer == 1);
  CHECK_THROWS_AS(pointers.at(1).value(), std::runtime_error);
}

TASK_TEST_CASE(
    "return_exceptions: map gives outcomes too, of async and of plain functions, over one and two "
    "ranges") {
  mtaio::TaskExecutor executor;
  const std::vector<int> numbers{1, 2, 3};
  const std::vector<int> factors{10, 20, 30};
  const auto one_async = [](int value) { return give_or_fail(value, value == 2); };
  const auto two_async = [](int a, int b) { return give_or_fail(a * b, a == 2); };
  const auto one_plain = [](int value) {
    if (value == 2) throw std::runtime_error{"failed"};
    return value;
  };
  const auto two_plain = [](int a, int b) {
    if (a == 2) throw std::runtime_error{"failed"};
    return a * b;
  };

  const auto a = co_await executor.map(mtaio::return_exceptions, one_async, numbers, {.limit = 2});
  const auto b = co_await executor.map(mtaio::return_exceptions, two_async, numbers, factors);
  const auto c = co_await executor.map(mtaio::return_exceptions, one_plain, numbers);
  const auto d =
      co_await executor.map(mtaio::return_exceptions, two_plain, numbers, factors, {.limit = 1});

  for (const auto& outcomes : {std::cref(a), std::cref(b), std::cref(c), std::cref(d)}) {
    REQUIRE(outcomes.get().size() == 3);
    CHECK_FALSE(outcomes.get()[1]);
    CHECK(message_of(outcomes.get()[1].error()) == "failed");
  }
  CHECK(a[2].value() == 3);
  CHECK(b[2].value() == 90);
  CHECK(c[2].value() == 3);
  CHECK(d[2].value() == 90);
}

TASK_TEST_CASE(
    "return_exceptions: a task that throws CancelledError of its own is an outcome like any "
    "other") {
  mtaio::TaskExecutor executor;
  std::vector<mtaio::Task<int>> tasks;
  tasks.push_back(throw_cancelled());
  tasks.push_back(give_or_fail(1, false));

  const auto outcomes = co_await executor.gather(mtaio::return_exceptions, std::move(tasks));

  CHECK(threw<mtaio::CancelledError>(outcomes.at(0)));
  CHECK(outcomes.at(1).value() == 1);
}

TASK_TEST_CASE(
    "return_exceptions: a caller that is asked to stop gets CancelledError, not outcomes") {
  mtaio::TaskExecutor executor;
  auto tasks = test::many(3, [&](int i) { return give_or_fail(i, false); });
  std::vector<mtaio::Sleep> sleeps{mtaio::sleep(1h), mtaio::sleep(1h)};

  const auto outcome = co_await outcome_of(executor.run(
      outcome_of(executor.gather(mtaio::return_exceptions, sleeps)), {.timeout = 2ms}));

  CHECK(threw<mtaio::TimeoutError>(outcome));
  co_await executor.gather(std::move(tasks));
}

TASK_TEST_CASE("gather: a result whose move throws is an exception, never lost and never worse") {
  mtaio::TaskExecutor executor;
  for (int moves = 0; moves < 12; ++moves) {
    std::vector<mtaio::Task<Fragile>> tasks;
    tasks.push_back(give_fragile(moves));
    tasks.push_back(give_fragile(moves));

    const bool of_range = co_await arrives(executor.gather(std::move(tasks)));
    const bool of_tuple = co_await arrives(executor.gather(give_fragile(moves)));

    if (moves == 0) CHECK_FALSE((of_range || of_tuple));
    if (moves == 11) CHECK((of_range && of_tuple));
  }
}

TEST_CASE("Outcome: says whether there is a value, and gives it or throws") {
  const mtaio::Outcome<int> good{std::in_place, 1};
  const mtaio::Outcome<int> bad{std::make_exception_ptr(std::runtime_error{"no"})};
  CHECK(good.has_value());
  CHECK(static_cast<bool>(good));
  CHECK(*good == 1);
  CHECK(good.error() == nullptr);
  CHECK_FALSE(bad.has_value());
  CHECK_THROWS_WITH_AS((void)bad.value(), "no", std::runtime_error);
  CHECK(message_of(bad.error()) == "no");
}

}  // namespace
