/// A thread that does the work of a worker, or waits for one.
#pragma once

#include <mtaio/lowlevel/intrusive_list.hpp>

#include <atomic>
#include <cstdint>

namespace mtaio::runtime {

struct Worker;

/// A thread that does the work of a worker, or waits for one: a thread that called `run()`, a
/// thread of the runtime, or a spare thread, which replaces a blocked thread. `WorkerHandoff`
/// writes all fields.
class WorkerThread : public lowlevel::ListNode<WorkerThread> {
 public:
  explicit WorkerThread(bool spare = false) noexcept : spare_{spare}, reserved_{spare} {}

  [[nodiscard]] bool is_spare() const noexcept { return spare_; }
  /// Whether the thread must release its worker forever, or stop waiting for one.
  [[nodiscard]] bool is_dismissed() const noexcept {
    return dismissed_.load(std::memory_order_relaxed);
  }
  /// REQUIRES: this is the calling thread, and it has a worker. The caller must not keep the
  /// reference while code of tasks and timers runs: if that code blocks, the thread may get another
  /// worker.
  [[nodiscard]] Worker& worker() const noexcept { return *worker_; }

 private:
  friend class WorkerHandoff;

  const bool spare_;
  // Written under the lock, read without it.
  std::atomic<bool> dismissed_{false};
  // A futex word, set when the thread waits and `worker_` or `dismissed_` has changed.
  std::atomic<std::uint32_t> changed_{0};

  // The rest is guarded by the lock of WorkerHandoff.

  // The thread was blocked in the middle of a job, and waits for a worker even if it is dismissed.
  bool resumes_ = false;
  // The thread is a spare thread that is about to get a certain worker.
  bool reserved_;
  // The thread itself reads this without the lock: it does not change while the thread works.
  Worker* worker_ = nullptr;
};

}  // namespace mtaio::runtime
