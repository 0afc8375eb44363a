/// Threads for functions that block.
#pragma once

#include <mtaio/base/count.hpp>
#include <mtaio/lowlevel/scheduler.hpp>

#include <cstddef>

namespace mtaio {

namespace runtime {
class WorkStealingScheduler;  // NOLINT(*-virtual-class-destructor)
}

/// Runs functions that block their thread, for `TaskExecutor::run_in_thread` and `map` with a plain
/// function. Starts threads as they are needed, up to a maximum; a thread that was idle for ten
/// seconds ends. When all are busy, functions queue, first come, first served. While a function
/// waits in a `run()` of its own, its thread does not count as busy, because the function that it
/// waits for may be queued behind it. So when it resumes, one function more than the maximum may
/// run for a moment.
///
/// From docs/thread_pool.md:
///
///     mtaio::ThreadPool pool{4};
///     mtaio::TaskExecutor executor{pool};
///     const std::string line = co_await executor.run_in_thread(first_line, "/proc/self/comm");
///
/// The destructor waits for all functions, running and queued.
class [[gnu::visibility("default")]] ThreadPool final : public lowlevel::BlockingPool {
 public:
  /// Throws `std::invalid_argument` for less than one worker, and for more than 4,194,304, the most
  /// threads that Linux can have.
  explicit ThreadPool(std::size_t max_workers);
  explicit ThreadPool(internal::NotACount auto max_workers) = delete;
  ~ThreadPool();

  [[nodiscard]] std::size_t max_workers() const noexcept override;

  void submit(lowlevel::BlockingJob& job) override;
  bool withdraw(lowlevel::BlockingJob& job) noexcept override;

 private:
  friend class runtime::WorkStealingScheduler;
  class Threads;

  void grow_to(std::size_t max_workers) noexcept;

  Threads* const threads_;
};

}  // namespace mtaio
