/// Awaiting a function that runs in a thread of a pool.
#pragma once

#include <mtaio/lowlevel/blocking_pool.hpp>
#include <mtaio/lowlevel/waiter.hpp>
#include <mtaio/stop_token.hpp>

#include <atomic>
#include <coroutine>
#include <cstddef>
#include <exception>

namespace mtaio::internal {

/// The part of the awaiter that does not depend on the function.
///
/// A stop request takes a function that has not started out of the pool's queue. A function that
/// has started is waited for, because it may use the caller's variables.
///
/// stop/start   The thread that asks to stop sets `stop_seen_`, and then takes the function out of
///              the pool's queue. The caller puts the function into the queue, and then looks at
///              `stop_seen_`. The lock of the queue orders the two: the request finds the function
///              there, or the caller sees the request. What was done before the request becomes
///              visible through the stop scope.
class [[gnu::visibility("default")]] BlockingAwaiter : private lowlevel::Waiter,
                                                       private lowlevel::BlockingJob {
 public:
  BlockingAwaiter(const BlockingAwaiter&) = delete;
  BlockingAwaiter& operator=(const BlockingAwaiter&) = delete;

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> awaiting) {
    prepare(awaiting);
    return submit();
  }

 protected:
  /// Calls the function and stores its result. Runs on a thread of the pool.
  using Call = void (*)(BlockingAwaiter&, StopToken) noexcept;

  /// `pool`: null for the scheduler's own. `limit`: see `BlockingJob::limit()`.
  BlockingAwaiter(Call call, lowlevel::BlockingPool* pool, std::size_t limit) noexcept
      : lowlevel::Waiter{&BlockingAwaiter::stop},
        lowlevel::BlockingJob{&BlockingAwaiter::run, limit},
        call_{call},
        pool_{pool} {}
  ~BlockingAwaiter() = default;

  /// Called after the wait. Throws if the function did not run; otherwise its result has been
  /// stored.
  void finish();
  using lowlevel::Waiter::scheduler;
  using lowlevel::Waiter::scope;

 private:
  static void run(lowlevel::BlockingJob& job) noexcept;
  static void stop(lowlevel::StopNode& node) noexcept;
  bool submit() noexcept;

  const Call call_;
  lowlevel::BlockingPool* const pool_;
  std::atomic<bool> stop_seen_{false};
  std::exception_ptr not_submitted_;
};

}  // namespace mtaio::internal
