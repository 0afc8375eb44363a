/// The awaiters that primitives get from `mtaio/lowlevel/awaiter.hpp`.
#include <mtaio/lowlevel/awaiter.hpp>

#include <mtaio/exceptions.hpp>
#include <mtaio/lowlevel/spin_lock.hpp>
#include <mtaio/lowlevel/wait_list.hpp>
#include <mtaio/sleep.hpp>
#include <mtaio/task_executor.hpp>

#include "support/task_test_case.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <mutex>
#include <stdexcept>

using namespace std::chrono_literals;

namespace {

using mtaio::lowlevel::TimedWaitAwaiter;
using mtaio::lowlevel::Waiter;
using mtaio::lowlevel::WaitOperation;
using test::let_others_run;

/// An event that stays set, with as little as an awaiter needs.
class Flag {
 public:
  void set() {
    mtaio::lowlevel::WakeList claimed;
    const std::scoped_lock guard{lock_};
    set_ = true;
    claimed.claim_all(waiters_);
  }
  auto wait() { return WaitOperation<Flag&>{*this}; }

  bool enlist(Waiter& waiter) noexcept {
    const std::scoped_lock guard{lock_};
    ++enlisted;
    if (!set_) return waiters_.enlist(waiter);
    waiter.complete_inline();
    return false;
  }
  void forget(Waiter& waiter) noexcept {
    const std::scoped_lock guard{lock_};
    waiters_.forget(waiter);
  }
  [[nodiscard]] bool is_set() {
    const std::scoped_lock guard{lock_};
    return set_;
  }
  [[nodiscard]] bool has_waiters() {
    const std::scoped_lock guard{lock_};
    return !waiters_.empty();
  }

  int enlisted = 0;

 private:
  mtaio::lowlevel::SpinLock lock_;
  bool set_ = false;
  mtaio::lowlevel::WaitList waiters_;
};

/// A source that is kept by value, can be asked, and has a result.
struct Answer {
  Flag* flag;

  [[nodiscard]] bool ready() const {
    if (!flag) throw std::logic_error{"there is no flag"};
    return flag->is_set();
  }
  bool enlist(Waiter& waiter) const noexcept { return flag->enlist(waiter); }
  void forget(Waiter& waiter) const noexcept { flag->forget(waiter); }
  [[nodiscard]] int result() const { return 42; }
};

mtaio::Task<void> wait_for(Flag& flag) { co_await flag.wait(); }
mtaio::Task<int> ask(Flag& flag) { co_return co_await WaitOperation<Answer>{Answer{&flag}}; }
mtaio::Task<bool> wait_for(Flag& flag, mtaio::Timeout timeout) {
  co_return co_await TimedWaitAwaiter<Answer>{Answer{&flag}, timeout};
}

TASK_TEST_CASE("awaiter: a wait ends when the primitive wakes it, and not before") {
  mtaio::TaskExecutor executor;
  Flag flag;
  auto waiting = executor.create_task(wait_for(flag));
  co_await let_others_run();
  CHECK_FALSE(waiting.done());
  flag.set();
  co_await waiting;
}

TASK_TEST_CASE("awaiter: a wait for what is there already ends immediately, also the second time") {
  Flag flag;
  flag.set();
  auto wait = flag.wait();
  co_await wait;
  co_await wait;
  CHECK(flag.enlisted == 2);
}

TASK_TEST_CASE("awaiter: a wait that is asked to stop leaves the list and throws CancelledError") {
  mtaio::TaskExecutor executor;
  Flag flag;
  auto waiting = executor.create_task(wait_for(flag));
  co_await let_others_run();
  CHECK(flag.has_waiters());
  waiting.request_stop();
  co_await let_others_run();
  CHECK(waiting.done());
  CHECK_FALSE(flag.has_waiters());
  bool cancelled = false;
  try {
    co_await waiting;
  } catch (const mtaio::CancelledError&) {
    cancelled = true;
  }
  CHECK(cancelled);
}

TASK_TEST_CASE(
    "awaiter: a source that has a result gives it, whether the task had to wait or not") {
  mtaio::TaskExecutor executor;
  Flag flag;
  auto waiting = executor.create_task(ask(flag));
  co_await let_others_run();
  flag.set();
  CHECK(co_await waiting == 42);
  CHECK(flag.enlisted == 1);
  CHECK(co_await ask(flag) == 42);
  CHECK(flag.enlisted == 1);  // ready() was enough
}

TASK_TEST_CASE("awaiter: what a source throws comes out of the co_await") {
  bool thrown = false;
  try {
    co_await WaitOperation<Answer>{Answer{nullptr}};
  } catch (const std::logic_error&) {
    thrown = true;
  }
  CHECK(thrown);
}

TASK_TEST_CASE("awaiter: a timed wait says whether it was served in time, and leaves the list") {
  mtaio::TaskExecutor executor;
  Flag flag;
  CHECK_FALSE(co_await wait_for(flag, 1ms));
  CHECK_FALSE(flag.has_waiters());
  auto waiting = executor.create_task(wait_for(flag, mtaio::Timeout::forever()));
  co_await let_others_run();
  flag.set();
  CHECK(co_await waiting);
}

TASK_TEST_CASE("awaiter: a timed wait for zero only looks") {
  Flag flag;
  CHECK_FALSE(co_await wait_for(flag, 0s));
  flag.set();
  CHECK(co_await wait_for(flag, 0s));
  CHECK(flag.enlisted == 0);
}

}  // namespace
