/// How a worker gets its first thread.
#pragma once

namespace mtaio::runtime {

/// Starts the thread of a worker that has had none so far.
class WorkerStarter {
 public:
  /// False if no thread can be had. The thread calls `Idle::search_started()` or
  /// `Idle::search_given_up()`.
  virtual bool start_worker() noexcept = 0;

 protected:
  ~WorkerStarter() = default;
};

}  // namespace mtaio::runtime
