/// The queue through which work comes in from outside.
#pragma once

#include <mtaio/lowlevel/job.hpp>
#include <mtaio/lowlevel/lock.hpp>

#include <atomic>
#include <cstddef>
#include <mutex>

namespace mtaio::runtime {

/// First in, first out, of any length. Any thread.
class Injector {
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
    if (job) size_.store(size() - 1, std::memory_order_relaxed);
    return job;
  }

  /// Without the lock: a guess, unless the caller put a fence between what it announced and this.
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  [[nodiscard]] std::size_t size() const noexcept { return size_.load(std::memory_order_relaxed); }

 private:
  lowlevel::Lock lock_;
  lowlevel::IntrusiveList<lowlevel::Job> jobs_;
  std::atomic<std::size_t> size_{0};  // written under lock_
};

}  // namespace mtaio::runtime
