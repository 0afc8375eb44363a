/// Tasks that many scenarios are made of.
#pragma once

#include "proof/sweeps/world.hpp"

#include <chrono>
#include <exception>
#include <utility>
#include <vector>

namespace sweeps {

using namespace std::chrono_literals;

/// Long enough for everything that should happen, however slow the machine.
inline constexpr std::chrono::seconds kLong = 100s;
/// A time that runs out.
inline constexpr std::chrono::microseconds kShort = 100us;

/// What a task of a scenario throws of its own accord.
class Genuine : public std::exception {
 public:
  [[nodiscard]] const char* what() const noexcept override { return "genuine"; }
};

/// The double of a number, after others had their turn.
inline mtaio::Task<Item> twice(World& world, Place& around, Item item) {
  Place here{world, &around};
  Place inside{world, &here};
  Item result{2 * item.value()};
  co_await mtaio::sleep(0s);
  user_code();
  co_return result;
}

/// Nothing, after others had their turn.
inline mtaio::Task<void> pass(World& world, Place& around) {
  Place here{world, &around};
  co_await mtaio::sleep(0s);
  user_code();
}

/// Throws `Genuine` after others had their turn.
inline mtaio::Task<Item> fail(World& world, Place& around) {
  Place here{world, &around};
  co_await mtaio::sleep(0s);
  throw Genuine{};
}

/// Goes on until it is stopped.
inline mtaio::Task<void> linger(World& world, Place& around) {
  Place here{world, &around};
  co_await mtaio::sleep(kLong);
}

/// The exception as an `E`; null if it is something else. Lives as long as `error`.
template <class E>
const E* as(const std::exception_ptr& error) {
  try {
    if (error) std::rethrow_exception(error);
  } catch (const E& exception) {
    return &exception;
  } catch (...) {
    return nullptr;
  }
  return nullptr;
}

/// What the innermost task threw: the cause of the cause, and so on.
inline std::exception_ptr root_of(std::exception_ptr error) {
  while (const auto* execution = as<mtaio::ExecutionError>(error)) {
    const std::exception_ptr cause = execution->cause();
    error = cause;
  }
  return error;
}

/// Rethrows an exception that is not an `E`, wrapped or not.
template <class E>
void expect_root(const std::exception_ptr& error) {
  expect(error != nullptr, "no failure");
  if (!as<E>(root_of(error))) std::rethrow_exception(error);
}

/// Whether `function()` throws an `E`; other exceptions pass through.
template <class E, class Function>
bool throws(Function function) {
  try {
    function();
  } catch (const E&) {
    return true;
  }
  return false;
}

/// Twice 1 to `count`, each a task.
inline std::vector<mtaio::Task<Item>> doubling_tasks(World& world, Place& around, int count) {
  std::vector<mtaio::Task<Item>> tasks;
  for (int i = 1; i <= count; ++i) tasks.push_back(twice(world, around, Item{i}));
  return tasks;
}

/// Expects twice 1, 2 and so on.
template <class Items>
void expect_doubles(const Items& items, std::size_t count) {
  expect(items.size() == count, "number of results");
  int number = 1;
  for (const Item& item : items) expect(item.value() == 2 * number++, "order or value of results");
}

/// The same of outcomes. Throws the first error there is. A range that fails ends with that, if
/// only when it is asked whether there is one more.
template <class T>
void expect_doubled_outcomes(std::vector<mtaio::Outcome<T>>& outcomes, std::size_t count,
                             bool range_can_fail = false) {
  std::exception_ptr failure;
  int number = 1;
  for (auto& outcome : outcomes) {
    if (!outcome && !failure) failure = outcome.error();
    expect(!outcome || outcome->value() == 2 * number, "order or value of outcomes");
    ++number;
  }
  const bool cut_short = failure && range_can_fail && outcomes.size() <= count + 1;
  expect(outcomes.size() == count || cut_short, "number of outcomes");
  if (failure) std::rethrow_exception(failure);
}

}  // namespace sweeps
