/// Threads for functions that block.
#pragma once

#include <mtaio/lowlevel/scheduler.hpp>

#include <cstddef>
#include <memory>

namespace mtaio {

/// Runs functions that block their thread, for `TaskExecutor::run_in_thread` and `map` with a plain
/// function. Starts threads as they are needed, up to a maximum, and lets those go that have had
/// nothing to do for ten seconds. When all are busy, functions queue, first come first served.
///
///     mtaio::ThreadPool pool{4};
///     mtaio::TaskExecutor executor{pool};
///     std::string text = co_await executor.run_in_thread(read_file, path);
///
/// The destructor waits for the functions that run or are queued.
class [[gnu::visibility("default")]] ThreadPool final : public lowlevel::BlockingPool {
 public:
  /// Throws `std::invalid_argument` for less than one worker.
  explicit ThreadPool(std::size_t max_workers);
  ~ThreadPool();

  [[nodiscard]] std::size_t max_workers() const noexcept override;

  void submit(lowlevel::BlockingJob& job) override;
  bool withdraw(lowlevel::BlockingJob& job) noexcept override;

 private:
  class Threads;
  std::unique_ptr<Threads> threads_;
};

}  // namespace mtaio
