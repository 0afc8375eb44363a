/// A thread that does the work of a worker, or waits for one.
#pragma once

#include <mtaio/lowlevel/intrusive_list.hpp>

#include <atomic>
#include <cstdint>

namespace mtaio::runtime {

struct Worker;

/// A thread that does the work of a worker, or waits for one: a thread that called `run()`, a
/// thread of the runtime, or a spare thread, which replaces one that is blocked. All its fields are
/// written by `WorkerHandoff`.
class WorkerThread : public lowlevel::ListNode<WorkerThread> {
 public:
  explicit WorkerThread(bool spare = false) noexcept : spare_{spare}, reserved_{spare} {}

  [[nodiscard]] bool is_spare() const noexcept { return spare_; }
  /// Whether it is to release its worker for good, or to stop waiting for one.
  [[nodiscard]] bool is_dismissed() const noexcept {
    return dismissed_.load(std::memory_order_relaxed);
  }
  /// REQUIRES: this is the calling thread, and it has a worker. A function that blocks may change
  /// the worker, so it is not to be kept across code of tasks and timers.
  [[nodiscard]] Worker& worker() const noexcept { return *worker_; }

 private:
  friend class WorkerHandoff;

  const bool spare_;
  // Written under the lock, read without it.
  std::atomic<bool> dismissed_{false};
  // A futex word, set when the thread waits and `worker_` or `dismissed_` has changed.
  std::atomic<std::uint32_t> changed_{0};

  // The rest is guarded by the lock of WorkerHandoff.

  // It was blocked in the middle of a job, and waits for a worker even if it is dismissed.
  bool resumes_ = false;
  // A spare thread that is about to get a certain worker.
  bool reserved_;
  // Its thread reads it without the lock: it does not change while the thread works.
  Worker* worker_ = nullptr;
};

}  // namespace mtaio::runtime
