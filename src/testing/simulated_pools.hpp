/// Thread pools without threads.
#pragma once

#include <mtaio/lowlevel/scheduler.hpp>
#include <mtaio/lowlevel/timer.hpp>

#include "testing/lag.hpp"

#include <cstddef>
#include <deque>
#include <vector>

namespace mtaio::testing {

/// The functions that were submitted to thread pools. Each pool starts them in the order in which
/// they came, and never runs more of them concurrently than it has threads.
class SimulatedPools {
 public:
  struct Function {
    lowlevel::BlockingJob* job;
    const lowlevel::BlockingPool* pool;
    Lag::Generation generation;
  };

  /// `lag` counts the functions that have not run.
  explicit SimulatedPools(Lag& lag) noexcept : lag_{lag} {}

  [[nodiscard]] bool empty() const noexcept { return functions_ == 0; }
  /// How many pools can start a function.
  [[nodiscard]] std::size_t startable() const noexcept;
  /// How many functions have started but not run. They cannot be withdrawn any more.
  [[nodiscard]] std::size_t started() const noexcept { return started_.size(); }

  /// `pool` is compared, but never used. Throws `std::bad_alloc`.
  void submit(lowlevel::BlockingJob& job, const lowlevel::BlockingPool* pool, std::size_t threads,
              lowlevel::TimePoint now);
  /// Returns false if the function has started.
  [[nodiscard]] bool withdraw(const lowlevel::BlockingJob& job,
                              const lowlevel::BlockingPool* pool) noexcept;

  /// Starts the next function of one of the pools. REQUIRES: `index` is below `startable()`.
  void start(std::size_t index) noexcept;
  /// Takes out a function, which the caller runs now. REQUIRES: `index` is below `started()`.
  [[nodiscard]] Function take(std::size_t index) noexcept;
  /// A function that was taken has run.
  void ended(const Function& function) noexcept;

 private:
  struct Pool {
    const lowlevel::BlockingPool* pool;
    std::size_t threads;
    std::size_t busy;
    std::deque<Function> queue;

    [[nodiscard]] bool startable() const noexcept { return busy < threads && !queue.empty(); }
  };

  std::vector<Pool>::iterator find(const lowlevel::BlockingPool* pool) noexcept;
  /// The program may destroy a pool without functions, so its address is not kept.
  void forget_if_idle(std::vector<Pool>::iterator pool) noexcept;

  Lag& lag_;
  /// The pools that have functions.
  std::vector<Pool> pools_;
  std::vector<Function> started_;
  /// How many functions have not ended. started_ has room for all of them.
  std::size_t functions_ = 0;
};

}  // namespace mtaio::testing
