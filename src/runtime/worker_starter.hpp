/// How a worker gets its first thread.
#pragma once

namespace mtaio::runtime {

/// Starts a thread for a worker that never had one.
class WorkerStarter {
 public:
  /// Returns false if no thread can be started. The new thread calls `Idle::search_started()` or
  /// `Idle::search_given_up()`.
  virtual bool start_worker() noexcept = 0;

 protected:
  ~WorkerStarter() = default;
};

}  // namespace mtaio::runtime
