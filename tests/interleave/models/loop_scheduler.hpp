/// A scheduler of one thread, small enough for models of what tasks wait for.
#pragma once

#include <mtaio/lowlevel/main_run.hpp>
#include <mtaio/lowlevel/scheduler.hpp>

#include <condition_variable>
#include <mutex>
#include <utility>

namespace models {

/// Runs the tasks of a call of run() on the thread that makes it. Jobs may be posted by any thread.
class LoopScheduler final : public mtaio::lowlevel::Scheduler {
 public:
  void post(mtaio::lowlevel::Job& job) noexcept override {
    // Under the lock: the job may be the last one.
    const std::scoped_lock guard{mutex_};
    ready_.push_back(job);
    changed_.notify_one();
  }
  mtaio::lowlevel::TimePoint now() noexcept override {
    return mtaio::lowlevel::TimePoint::clock::now();
  }
  void arm(mtaio::lowlevel::Timer& timer, mtaio::lowlevel::TimePoint deadline) noexcept override {
    timers_.arm(timer, deadline);
    const std::scoped_lock guard{mutex_};
    changed_.notify_one();
  }
  void run_blocking(mtaio::lowlevel::BlockingJob&, mtaio::lowlevel::BlockingPool*) override {}
  bool withdraw_blocking(mtaio::lowlevel::BlockingJob&,
                         mtaio::lowlevel::BlockingPool*) noexcept override {
    return false;
  }

  /// Returns the result of the task.
  template <class A>
  auto run(A&& main) {
    return mtaio::lowlevel::run_main(std::forward<A>(main),
                                     [this](auto handle, mtaio::internal::PromiseBase& promise) {
                                       RunCall call{*this, handle, promise};
                                       post(call.first_job());
                                       while (!call.has_ended) run_one();
                                     });
  }

 private:
  struct RunCall final : mtaio::lowlevel::MainRun {
    using MainRun::MainRun;
    void ended() noexcept override { has_ended = true; }
    bool has_ended = false;
  };

  void run_one() {
    timers_.fire_due(now());
    mtaio::lowlevel::Job* job = nullptr;
    {
      std::unique_lock guard{mutex_};
      job = ready_.pop_front();
      if (!job) {
        const auto deadline = timers_.next_deadline();
        if (deadline == mtaio::lowlevel::TimePoint::max()) {
          changed_.wait(guard);
        } else {
          changed_.wait_until(guard, deadline);
        }
      }
    }
    if (job) mtaio::lowlevel::run_job(*job);
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  mtaio::lowlevel::IntrusiveList<mtaio::lowlevel::Job> ready_;
  mtaio::lowlevel::TimerHeap timers_;
};

}  // namespace models
