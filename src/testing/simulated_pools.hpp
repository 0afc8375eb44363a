/// Thread pools without threads.
#pragma once

#include <mtaio/lowlevel/scheduler.hpp>
#include <mtaio/lowlevel/timer.hpp>

#include "testing/lag.hpp"

#include <cstddef>
#include <deque>
#include <vector>

namespace mtaio::testing {

/// The functions that were given to thread pools. Each pool starts them in the order in which they
/// came, and has as many under way at most as it has threads.
class SimulatedPools {
 public:
  struct Function {
    lowlevel::BlockingJob* job;
    const lowlevel::BlockingPool* pool;
    Lag::Generation generation;
  };

  /// Functions that are here and have not run are what `lag` is told of.
  explicit SimulatedPools(Lag& lag) noexcept : lag_{lag} {}

  [[nodiscard]] bool empty() const noexcept { return functions_ == 0; }
  /// How many pools can start a function.
  [[nodiscard]] std::size_t startable() const noexcept;
  /// How many functions have started, so that they cannot be taken back, and are still to run.
  [[nodiscard]] std::size_t started() const noexcept { return started_.size(); }

  /// `pool` is only compared. Throws `std::bad_alloc`.
  void submit(lowlevel::BlockingJob& job, const lowlevel::BlockingPool* pool, std::size_t threads,
              lowlevel::TimePoint now);
  /// False if it has started.
  [[nodiscard]] bool withdraw(const lowlevel::BlockingJob& job,
                              const lowlevel::BlockingPool* pool) noexcept;

  /// Starts the next function of one of the pools. REQUIRES: `index` is below `startable()`.
  void start(std::size_t index) noexcept;
  /// A function to be run now. REQUIRES: `index` is below `started()`.
  [[nodiscard]] Function take(std::size_t index) noexcept;
  /// It has run.
  void ended(const Function& function) noexcept;

 private:
  struct Pool {
    const lowlevel::BlockingPool* which;
    std::size_t threads;
    std::size_t busy;
    std::deque<Function> queue;

    [[nodiscard]] bool startable() const noexcept { return busy < threads && !queue.empty(); }
  };

  std::vector<Pool>::iterator find(const lowlevel::BlockingPool* which) noexcept;
  /// A pool that may be gone is forgotten.
  void forget_if_idle(std::vector<Pool>::iterator pool) noexcept;

  Lag& lag_;
  std::vector<Pool> pools_;  // that have something to do
  std::vector<Function> started_;
  std::size_t functions_ = 0;  // that have not ended; started_ has room for all of them
};

}  // namespace mtaio::testing
