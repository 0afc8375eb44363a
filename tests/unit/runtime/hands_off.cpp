/// A worker that leaves forks alone for a while, because one was gone when it got there.
#include <mtaio/core.hpp>
#include <mtaio/coro/thread_context.hpp>
#include <mtaio/lowlevel/job.hpp>

#include "runtime/worker.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <coroutine>
#include <memory>
#include <thread>

using namespace std::chrono_literals;
using mtaio::internal::this_thread;

namespace {

/// A worker that sleeps here does not get up by itself; and, once held, only when it is let go, as
/// one that has missed a fork.
class HoldingParker final : public mtaio::lowlevel::Parker {
 public:
  void park(mtaio::lowlevel::TimePoint /*deadline*/) noexcept override {
    parked.store(true);
    unparked_.wait(false);
    unparked_.store(false);
    if (!to_be_held.load()) return;
    held.store(true);
    to_be_held.wait(true);
    static_cast<mtaio::runtime::Worker*>(this_thread().worker())
        ->back_off.begin(std::chrono::steady_clock::now() + 1h);
  }
  void unpark() noexcept override {
    unparked_.store(true);
    unparked_.notify_one();
  }

  static inline std::atomic<bool> parked{false};
  static inline std::atomic<bool> to_be_held{false};
  static inline std::atomic<bool> held{false};

 private:
  std::atomic<bool> unparked_{false};
};

struct Note final : mtaio::lowlevel::Job {
  Note() noexcept : Job{&Note::take} {}
  static std::coroutine_handle<> take(Job& job) noexcept {
    static_cast<Note&>(job).taken.store(true);
    return std::noop_coroutine();
  }
  std::atomic<bool> taken{false};
};

/// Whether it has become true in time.
bool wait_for(const std::atomic<bool>& flag) {
  for (const auto end = std::chrono::steady_clock::now() + 5s; !flag.load();) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

mtaio::Task<bool> wait_as_child(const std::atomic<bool>& flag) { co_return wait_for(flag); }
mtaio::Task<void> set_as_child(std::atomic<bool>& flag) {
  flag.store(true);
  co_return;
}

}  // namespace

TEST_CASE("Runtime: a worker that leaves a fork alone has another one woken for it") {
  const auto program = []() -> mtaio::Task<void> {
    mtaio::TaskExecutor executor;
    std::atomic<bool> started{false};

    // A second worker is started for the second child, and is asleep when the first one ends.
    co_await executor.gather(wait_as_child(HoldingParker::parked), set_as_child(started));
    REQUIRE(started.load());

    // Woken for a job that this worker takes: it counts as one that looks for work.
    HoldingParker::to_be_held.store(true);
    Note note;
    auto& scheduler = this_thread().worker()->scheduler;
    std::thread{[&] { scheduler.post(note); }}.join();
    while (!note.taken.load()) co_await mtaio::sleep(0s);
    REQUIRE(wait_for(HoldingParker::held));

    // So nobody is woken for the second child, until it turns out that it is not going to take it.
    started.store(false);
    const auto let_go = [](std::atomic<bool>& flag) -> mtaio::Task<bool> {
      HoldingParker::to_be_held.store(false);
      HoldingParker::to_be_held.notify_all();
      co_return wait_for(flag);
    };
    const auto [in_time, none] = co_await executor.gather(let_go(started), set_as_child(started));
    CHECK(in_time);
  };
  const auto make = []() -> std::unique_ptr<mtaio::lowlevel::Parker> {
    return std::make_unique<HoldingParker>();
  };
  mtaio::run(program(), {.threads = 3, .make_parker = make});
}
