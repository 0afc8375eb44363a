/// Threads for functions that block.
#pragma once

#include <mtaio/base/count.hpp>
#include <mtaio/lowlevel/scheduler.hpp>

#include <cstddef>
#include <memory>

namespace mtaio {

namespace runtime {
class WorkStealingScheduler;  // NOLINT(*-virtual-class-destructor)
}

/// Runs functions that block their thread, for `TaskExecutor::run_in_thread` and `map` with a plain
/// function. Starts threads as they are needed, up to a maximum, and lets those go that have had
/// nothing to do for ten seconds. When all are busy, functions queue, first come first served. A
/// function that waits in a `run()` of its own does not count as busy meanwhile: what it waits for
/// may be queued behind it. So for a moment, when it goes on, there may be one function more.
///
///     mtaio::ThreadPool pool{4};
///     mtaio::TaskExecutor executor{pool};
///     std::string text = co_await executor.run_in_thread(read_file, path);
///
/// The destructor waits for the functions that run or are queued.
class [[gnu::visibility("default")]] ThreadPool final : public lowlevel::BlockingPool {
 public:
  /// Throws `std::invalid_argument` for less than one worker, and for more than 4,194,304, which no
  /// Linux has threads for.
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

  std::unique_ptr<Threads> threads_;
};

}  // namespace mtaio
