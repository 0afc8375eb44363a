/// The word of a waiter: the primitive, a stop request and a timer all want to end a wait; one
/// does.
#include <mtaio/lowlevel/waiter.hpp>

#include <mtaio/exceptions.hpp>
#include <mtaio/latch.hpp>
#include <mtaio/lowlevel/awaiter.hpp>
#include <mtaio/lowlevel/wait_list.hpp>
#include <mtaio/sleep.hpp>
#include <mtaio/task.hpp>
#include <mtaio/task_executor.hpp>
#include <mtaio/timeout.hpp>

#include "interleave/models/loop_scheduler.hpp"
#include "interleave/models/model.hpp"

#include <memory>
#include <mutex>

namespace {

using namespace models;
using mtaio::CancelledError;
using mtaio::Latch;
using mtaio::Task;
using mtaio::lowlevel::SpinLock;
using mtaio::lowlevel::Waiter;
using mtaio::lowlevel::WaitList;
using mtaio::lowlevel::WaitOperation;

/// Hands one item to one waiter.
class Slot {
 public:
  /// Returns whether a waiter has got it.
  bool give(int item) {
    Waiter* waiter = nullptr;
    {
      const std::scoped_lock guard{lock_};
      waiter = waiters_.claim_first();
      if (waiter) item_ = item;
    }
    if (waiter) waiter->wake();
    return waiter != nullptr;
  }
  auto take() { return WaitOperation<Taking>{Taking{this}}; }

 private:
  struct Taking {
    Slot* slot;
    bool enlist(Waiter& waiter) const noexcept {
      const std::scoped_lock guard{slot->lock_};
      return slot->waiters_.enlist(waiter);
    }
    void forget(Waiter& waiter) const noexcept {
      const std::scoped_lock guard{slot->lock_};
      slot->waiters_.forget(waiter);
    }
    [[nodiscard]] int result() const { return slot->item_; }
  };

  SpinLock lock_;
  WaitList waiters_;
  // Written by the thread that claims the waiter, read by the waiter.
  int item_ = 0;
};

Task<int> take_or_zero(Slot& slot) {
  try {
    co_return co_await slot.take();
  } catch (const CancelledError&) {
    co_return 0;
  }
}

Task<int> take_it(Slot& slot, std::atomic<int>& waits) {
  mtaio::TaskExecutor executor;
  auto taking = executor.create_task(take_or_zero(slot));
  co_await mtaio::sleep(std::chrono::seconds{0});
  waits.store(1, std::memory_order_release);
  co_return co_await taking;
}

void await_value(const std::atomic<int>& value) {
  while (value.load(std::memory_order_acquire) == 0) std::this_thread::yield();
}

void a_claim_wakes_the_waiter() {
  LoopScheduler scheduler;
  Slot slot;
  std::atomic<int> waits{0};
  int taken = 0;
  in_threads([&] { taken = scheduler.run(take_it(slot, waits)); },
             [&] {
               await_value(waits);
               require(slot.give(7), "the task waits");
             });
  require(taken == 7, "claim/finish");
}

Task<int> take_and_be_stopped(Slot& slot, std::atomic<int>& waits) {
  mtaio::TaskExecutor executor;
  auto taking = executor.create_task(take_or_zero(slot));
  co_await mtaio::sleep(std::chrono::seconds{0});
  std::thread stopper{[&] { taking.request_stop(); }};
  waits.store(1, std::memory_order_release);
  const int taken = co_await taking;
  stopper.join();
  co_return taken;
}

/// The item arrives, or the wait is cancelled; never both, never neither.
void a_claim_against_a_stop_request() {
  LoopScheduler scheduler;
  Slot slot;
  std::atomic<int> waits{0};
  int taken = 0;
  bool given = false;
  in_threads([&] { taken = scheduler.run(take_and_be_stopped(slot, waits)); },
             [&] {
               await_value(waits);
               given = slot.give(7);
             });
  require(taken == (given ? 7 : 0), "the item is there if it was given");
}

Task<bool> wait_for_a_while(Latch& latch, std::atomic<int>& waits) {
  waits.store(1, std::memory_order_release);
  co_return co_await latch.wait(std::chrono::milliseconds{1});
}

/// The latch opens about when the time is over.
void a_claim_against_a_timer() {
  LoopScheduler scheduler;
  Latch latch{1};
  std::atomic<int> waits{0};
  bool opened = false;
  in_threads([&] { opened = scheduler.run(wait_for_a_while(latch, waits)); },
             [&] {
               await_value(waits);
               std::this_thread::sleep_for(std::chrono::milliseconds{1});
               latch.count_down();
             });
  require(opened || latch.get_count() == 0, "it was open, or late");
}

/// Runs no job: the thread that posts one goes on with it.
class NoteJob final : public mtaio::lowlevel::Poster {
 public:
  void post(mtaio::lowlevel::Job&) noexcept override { posted_ = true; }
  [[nodiscard]] bool posted() const noexcept { return posted_; }

 private:
  bool posted_ = false;
};

/// What other threads may find as soon as it listens, and what it writes until it waits.
class EarlyWaiter final : public Waiter {
 public:
  explicit EarlyWaiter(NoteJob& wakes) : Waiter{&EarlyWaiter::resume} {
    prepare(wakes);
    listen();
  }
  using Waiter::interrupt;

  bool commit_with(int value) {
    value_ = value;
    return commit();
  }
  [[nodiscard]] int value() const { return value_; }

 private:
  static std::coroutine_handle<> resume(mtaio::lowlevel::Job&) noexcept {
    return std::noop_coroutine();
  }
  int value_ = 0;
};

/// The thread that claims sees what the waiter wrote between listen() and commit().
void a_claim_of_a_waiter_that_was_found_early() {
  NoteJob wakes;
  EarlyWaiter waiter{wakes};
  in_threads([&] { require(waiter.commit_with(1), "only one thread claims, and none interrupts"); },
             [&] {
               while (!waiter.claim()) std::this_thread::yield();
               require(waiter.value() == 1, "commit/claim");
             });
}

/// The thread that resumes the waiter sees what the waiter wrote; or the waiter, if it was not yet
/// waiting, sees what came before the interrupt.
void an_interrupt_of_a_waiter_that_was_found_early() {
  NoteJob wakes;
  EarlyWaiter waiter{wakes};
  int before = 0;
  in_threads(
      [&] {
        if (waiter.commit_with(1)) return;
        require(waiter.finish() == Waiter::State::kCancelled, "the interrupt came first");
        require(before == 2, "claim/finish");
      },
      [&] {
        before = 2;
        require(waiter.interrupt(Waiter::State::kCancelled), "the waiter listens or waits");
        if (wakes.posted()) require(waiter.value() == 1, "commit/claim");
      });
}

TEST_CASE("model: Waiter: found before it waits") {
  check_model("a claim", &a_claim_of_a_waiter_that_was_found_early, all(5'000));
  check_model("an interrupt", &an_interrupt_of_a_waiter_that_was_found_early, all(5'000));
}

TEST_CASE("model: Waiter") {
  check_model("a claim wakes the waiter", &a_claim_wakes_the_waiter, all(5'000));
  check_model("a claim against a stop request", &a_claim_against_a_stop_request,
              all_with(2, 5'000));
  check_model("the same, at random", &a_claim_against_a_stop_request, random(2'000));
  check_model("a claim against a timer", &a_claim_against_a_timer, all_with(2, 5'000));
  Options any_time = random(2'000);
  any_time.timeouts = Timeouts::kAnyTime;
  check_model("the same, with timeouts at any time", &a_claim_against_a_timer, any_time);
}

}  // namespace
