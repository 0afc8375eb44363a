/// Threads for functions that block.
#pragma once

#include <mtaio/lowlevel/intrusive_list.hpp>

#include <cstddef>
#include <cstdint>

namespace mtaio::lowlevel {

/// A call of a function that may block its thread.
class BlockingJob : public ListNode<BlockingJob> {
 public:
  using Function = void (*)(BlockingJob&) noexcept;

  /// `limit`: see `limit()`.
  explicit BlockingJob(Function function, std::size_t limit = 0) noexcept
      : function_{function}, limit_{limit} {}

  /// Runs the function. The job may be destroyed when this returns.
  void run() noexcept { function_(*this); }

  /// The greatest number of such jobs that the caller runs concurrently (the limit of a `map`); 0
  /// if that is not known.
  [[nodiscard]] std::size_t limit() const noexcept { return limit_; }

 private:
  const Function function_;
  const std::size_t limit_;
};

/// Threads for functions that block. `mtaio::ThreadPool` is one.
class BlockingPool {
 public:
  BlockingPool() = default;
  BlockingPool(const BlockingPool&) = delete;
  BlockingPool& operator=(const BlockingPool&) = delete;

  /// Runs `job` on a thread of the pool, as soon as one is free. Throws `std::system_error` when
  /// the pool has no thread and cannot start one; then the job will not run. Any thread.
  virtual void submit(BlockingJob& job) = 0;

  /// Takes back a job. Returns false if the job has started. Any thread.
  virtual bool withdraw(BlockingJob& job) noexcept = 0;

  /// The greatest number of jobs that the pool runs concurrently. A simulation of the pool has the
  /// same limit.
  [[nodiscard]] virtual std::size_t max_workers() const noexcept { return SIZE_MAX; }

 protected:
  ~BlockingPool() = default;
};

}  // namespace mtaio::lowlevel
