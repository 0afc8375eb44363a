/// Operations whose arguments are moved out are awaited once; the others as often as you like.
#include <mtaio/core.hpp>

#include "support/coroutines.hpp"
#include "support/outcomes.hpp"
#include "support/task_test_case.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using test::give;

/// What `std::logic_error` says that awaiting `operation` throws; empty when it throws nothing.
template <class Operation>
mtaio::Task<std::string> complaint_of(Operation& operation) {
  std::string complaint;
  try {
    (void)co_await std::move(operation);
  } catch (const std::logic_error& error) {
    complaint = error.what();
  }
  co_return complaint;
}

/// The complaints of the first await, of the second, of that of one that was moved from, and of the
/// one that it was moved to.
template <class Make>
mtaio::Task<std::vector<std::string>> complaints(Make make) {
  auto operation = make();
  std::vector<std::string> all;
  all.push_back(co_await complaint_of(operation));
  all.push_back(co_await complaint_of(operation));
  auto moved_from = make();
  auto moved_to = std::move(moved_from);
  all.push_back(co_await complaint_of(moved_from));  // NOLINT(bugprone-use-after-move)
  all.push_back(co_await complaint_of(moved_to));
  co_return all;
}

std::vector<std::string> only_once(const std::string& complaint) {
  return {"", complaint, complaint, ""};
}
std::string used_up(const std::string& call) {
  return "co_await " + call +
         "(): the operation was awaited before, or moved from. It can be awaited once; call " +
         call + "() again for another one.";
}
std::string no_task(const std::string& call) {
  return "co_await " + call + "(): there is no task; it was awaited before, or moved from.";
}

TASK_TEST_CASE("run_in_thread: the operation is awaited once, and calls the function once") {
  mtaio::TaskExecutor executor;
  int calls = 0;
  const auto function = [&calls](const std::unique_ptr<int>& number) { calls += *number; };
  const auto make = [&] { return executor.run_in_thread(function, std::make_unique<int>(1)); };

  const auto said = co_await complaints(make);

  CHECK(said == only_once(used_up("run_in_thread")));
  CHECK(calls == 2);
}

TASK_TEST_CASE("map: the operation is awaited once, whether it owns its range or not") {
  mtaio::TaskExecutor executor;
  const std::vector<int> numbers{1, 2, 3};
  const auto over_lvalue = [&] { return executor.map(give, numbers); };
  const auto over_rvalue = [&] { return executor.map(give, std::vector<int>{1, 2, 3}); };
  const auto in_threads = [&] { return executor.map([](int i) { return i; }, numbers); };
  const auto two_ranges = [&] {
    const auto add = [](int a, int b) { return give(a + b); };
    return executor.map(add, numbers, numbers);
  };
  const auto with_outcomes = [&] { return executor.map(mtaio::return_exceptions, give, numbers); };
  const auto expected = only_once(used_up("map"));

  const auto of_lvalue = co_await complaints(over_lvalue);
  const auto of_rvalue = co_await complaints(over_rvalue);
  const auto of_threads = co_await complaints(in_threads);
  const auto of_two_ranges = co_await complaints(two_ranges);
  const auto of_outcomes = co_await complaints(with_outcomes);

  CHECK(of_lvalue == expected);
  CHECK(of_rvalue == expected);
  CHECK(of_threads == expected);
  CHECK(of_two_ranges == expected);
  CHECK(of_outcomes == expected);
}

TASK_TEST_CASE("gather: the operation is awaited once") {
  mtaio::TaskExecutor executor;
  const auto range = [&] { return executor.gather(test::many(3, give)); };
  const auto each = [&] { return executor.gather(give(1), give(2)); };

  const auto of_range = co_await complaints(range);
  const auto of_each = co_await complaints(each);

  CHECK(of_range == only_once(used_up("gather")));
  CHECK(of_each == only_once(no_task("gather")));
}

TASK_TEST_CASE("run, with_stop_token: the operation is awaited once") {
  mtaio::TaskExecutor executor;
  const auto run = [&] { return executor.run(give(1)); };
  const auto run_timed = [&] { return executor.run(give(1), {.timeout = 1h}); };
  const auto linked = [] { return mtaio::with_stop_token(std::stop_token{}, give(1)); };

  const auto of_run = co_await complaints(run);
  const auto of_run_timed = co_await complaints(run_timed);
  const auto of_linked = co_await complaints(linked);

  CHECK(of_run == only_once(no_task("run")));
  CHECK(of_run_timed == only_once(no_task("run")));
  CHECK(of_linked == only_once(no_task("with_stop_token")));
}

TASK_TEST_CASE(
    "sleep, Latch::wait, cancel_all: an operation that uses nothing up may be awaited again") {
  mtaio::TaskExecutor executor;
  mtaio::Latch open{0};
  auto sleep = mtaio::sleep(0s);
  auto wait = open.wait();
  auto cancel = executor.cancel_all();
  auto token = mtaio::this_task::stop_token();
  for (int i = 0; i < 2; ++i) {
    co_await sleep;
    const bool is_open = co_await wait;
    co_await cancel;
    (void)co_await token;
    CHECK(is_open);
  }
}

TASK_TEST_CASE("create_task: of an empty task is std::logic_error that says so") {
  mtaio::TaskExecutor executor;
  std::string complaint;
  try {
    (void)executor.create_task(mtaio::Task<int>{});
  } catch (const std::logic_error& error) {
    complaint = error.what();
  }
  CHECK(complaint == "create_task(Task): there is no task; it was awaited before, or moved from.");
  co_return;
}

}  // namespace
