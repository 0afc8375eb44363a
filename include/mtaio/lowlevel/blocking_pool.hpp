/// Threads for functions that block.
#pragma once

#include <mtaio/lowlevel/intrusive_list.hpp>

#include <cstddef>
#include <cstdint>

namespace mtaio::lowlevel {

class BlockingPool;

/// A call of a function that may block its thread.
class BlockingJob : public ListNode<BlockingJob> {
 public:
  using Function = void (*)(BlockingJob&) noexcept;

  explicit BlockingJob(Function what) noexcept : run_{what} {}

  /// Runs the function; the job may be gone when this returns.
  void run() noexcept { run_(*this); }

  /// How many of its kind the caller lets run at once, the limit of a `map`; 0 if that is not said.
  std::size_t at_once = 0;  // NOLINT(*-non-private-member-variables-in-classes)

 private:
  const Function run_;
};

/// Threads for functions that block. `mtaio::ThreadPool` is one.
class BlockingPool {
 public:
  BlockingPool() = default;
  BlockingPool(const BlockingPool&) = delete;
  BlockingPool& operator=(const BlockingPool&) = delete;

  /// Has `job` run on one of the pool's threads, as soon as one is free. Throws `std::system_error`
  /// when the pool has no thread and cannot start one; then the job will not run. Any thread.
  virtual void submit(BlockingJob& job) = 0;

  /// Takes back a job that has not started. False if it has. Any thread.
  virtual bool withdraw(BlockingJob& job) noexcept = 0;

  /// How many jobs it runs at once, at the most; what simulates it keeps to that.
  [[nodiscard]] virtual std::size_t max_workers() const noexcept { return SIZE_MAX; }

 protected:
  ~BlockingPool() = default;
};

}  // namespace mtaio::lowlevel
