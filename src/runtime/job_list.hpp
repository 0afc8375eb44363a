/// A queue of jobs that any thread may use.
#pragma once

#include <mtaio/lowlevel/job.hpp>
#include <mtaio/lowlevel/spin_lock.hpp>

#include <atomic>
#include <cstddef>
#include <mutex>

namespace mtaio::runtime {

/// First in, first out, of any length. Any thread.
class JobList {
 public:
  void push(lowlevel::Job& job) noexcept {
    const std::scoped_lock guard{lock_};
    jobs_.push_back(job);
    size_.store(size() + 1, std::memory_order_relaxed);
  }

  /// The oldest job, or null.
  lowlevel::Job* pop() noexcept {
    if (empty()) return nullptr;
    const std::scoped_lock guard{lock_};
    lowlevel::Job* job = jobs_.pop_front();
    if (job) popped(1);
    return job;
  }

  /// Moves up to `most` of the oldest jobs to the back of `taken`. Returns how many.
  std::size_t pop_many(std::size_t most, lowlevel::IntrusiveList<lowlevel::Job>& taken) noexcept {
    if (empty()) return 0;
    const std::scoped_lock guard{lock_};
    std::size_t count = 0;
    for (; count < most; ++count) {
      lowlevel::Job* job = jobs_.pop_front();
      if (!job) break;
      taken.push_back(*job);
    }
    popped(count);
    return count;
  }

  /// Reads without the lock: a guess, unless the caller has announced its sleep and executed a
  /// fence.
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  [[nodiscard]] std::size_t size() const noexcept { return size_.load(std::memory_order_relaxed); }
  /// How many jobs have been taken so far.
  [[nodiscard]] std::size_t taken() const noexcept {
    return taken_.load(std::memory_order_relaxed);
  }

 private:
  /// REQUIRES: lock_ is held.
  void popped(std::size_t count) noexcept {
    size_.store(size() - count, std::memory_order_relaxed);
    taken_.store(taken() + count, std::memory_order_relaxed);
  }

  lowlevel::SpinLock lock_;  // guards jobs_
  lowlevel::IntrusiveList<lowlevel::Job> jobs_;
  // Written under the lock, read without it.
  std::atomic<std::size_t> size_{0};
  std::atomic<std::size_t> taken_{0};
};

}  // namespace mtaio::runtime
