/// A function in a thread pool that waits for tasks.
#pragma once

namespace mtaio::threads {

/// While it lives, the function that runs on this thread of a `ThreadPool`, if one does, waits in a
/// `run()`: the pool may have another thread run what is queued in its place. Otherwise a pool
/// whose functions all wait for functions that are queued behind them would wait forever.
class WaitsInPool {
 public:
  /// Throws `std::system_error` if a thread is needed for that, and cannot be had.
  WaitsInPool();
  WaitsInPool(const WaitsInPool&) = delete;
  WaitsInPool& operator=(const WaitsInPool&) = delete;
  ~WaitsInPool();

 private:
  const bool counted_;
};

}  // namespace mtaio::threads
