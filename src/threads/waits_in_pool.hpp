/// A function in a thread pool that waits for tasks.
#pragma once

namespace mtaio::threads {

/// While it lives, the function that runs on this thread, if it is one of a `ThreadPool`, waits in
/// a `run()`. The pool may let another thread run functions in its place. Otherwise a pool whose
/// functions all wait for functions that are queued behind them would wait forever.
class WaitsInPool {
 public:
  /// Throws `std::system_error` if a thread is needed for that and cannot be started.
  WaitsInPool();
  WaitsInPool(const WaitsInPool&) = delete;
  WaitsInPool& operator=(const WaitsInPool&) = delete;
  ~WaitsInPool();

 private:
  const bool counted_;
};

}  // namespace mtaio::threads
