/// A scheduler of one thread in virtual time, whose choices follow from a seed: what fails once
/// fails again.
#pragma once

#include <mtaio/lowlevel/context.hpp>
#include <mtaio/lowlevel/event.hpp>
#include <mtaio/lowlevel/job.hpp>
#include <mtaio/lowlevel/scheduler.hpp>
#include <mtaio/lowlevel/timer.hpp>
#include <mtaio/lowlevel/worker.hpp>
#include <mtaio/task.hpp>

#include <chrono>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <utility>
#include <vector>

namespace test {

class Simulation final : public mtaio::lowlevel::Scheduler {
 public:
  using TimePoint = mtaio::lowlevel::TimePoint;

  /// With seed 0 jobs run in the order in which they were posted, and time passes only when there
  /// are none; with any other the next job is drawn, and time may pass while jobs are ready.
  explicit Simulation(std::uint64_t seed = 0) : seed_{seed}, random_{seed} {}

  /// Runs a task to its end, and everything that it started. Aborts when all of them wait for
  /// nothing.
  template <class T>
  T run(mtaio::Task<T> main) {
    struct Frame {
      std::coroutine_handle<mtaio::lowlevel::TaskPromise<T>> handle;
      ~Frame() { handle.destroy(); }
    };
    const Frame frame{main.release()};
    OneRun run{*this};
    Root root{run};
    MainJob job{frame.handle, root};
    frame.handle.promise().received_by(&main_ended, &run, 0, &root.context());
    auto*& worker = mtaio::lowlevel::this_thread().worker;
    auto* const outer = std::exchange(worker, &worker_);
    post(job);
    while (!run.has_ended) step();
    mtaio::lowlevel::this_thread().worker = outer;
    return frame.handle.promise().result().take();
  }

  /// A number below `bound` that follows from the seed.
  std::size_t draw(std::size_t bound) { return static_cast<std::size_t>(random_() % bound); }

  void post(mtaio::lowlevel::Job& job) noexcept override { ready_.push_back(&job); }
  TimePoint now() noexcept override { return now_; }
  void arm(mtaio::lowlevel::Timer& timer, TimePoint deadline) noexcept override {
    timers_.arm(timer, deadline);
  }
  void run_blocking(mtaio::lowlevel::BlockingJob& job, mtaio::lowlevel::BlockingPool*) override {
    job.run();
  }
  bool withdraw_blocking(mtaio::lowlevel::BlockingJob&,
                         mtaio::lowlevel::BlockingPool*) noexcept override {
    return false;
  }
  void feed() noexcept override {}
  void block_worker(const mtaio::lowlevel::Event& event) noexcept override {
    while (!event.is_set()) step();
  }

 private:
  struct OneRun final : mtaio::lowlevel::Run {
    using Run::Run;
    void ended() noexcept override { has_ended = true; }
    bool has_ended = false;
  };
  struct Root final : mtaio::lowlevel::TaskRoot {
    using TaskRoot::TaskRoot;
  };
  struct MainJob final : mtaio::lowlevel::Job {
    MainJob(std::coroutine_handle<> to, mtaio::lowlevel::TaskRoot& root) noexcept
        : Job{&MainJob::enter, &root}, main{to} {}
    static std::coroutine_handle<> enter(Job& job) noexcept {
      return static_cast<MainJob&>(job).main;
    }
    std::coroutine_handle<> main;
  };

  static std::coroutine_handle<> main_ended(mtaio::lowlevel::PromiseBase& promise) noexcept {
    auto& run = *static_cast<OneRun*>(promise.receiver());
    run.context().scope.request_stop();
    run.release();
    return std::noop_coroutine();
  }

  void step() {
    while (auto* fork = worker_.forks.steal()) post(*fork);
    const bool timers_armed = timers_.next_deadline() != TimePoint::max();
    constexpr std::size_t kTimePasses = 8;  // once in so many steps
    if (ready_.empty() || (seed_ != 0 && timers_armed && draw(kTimePasses) == 0)) {
      if (!timers_armed) {
        std::fprintf(
            stderr,
            "simulation with seed %llu: every task waits, and nothing is left to wake one\n",
            static_cast<unsigned long long>(seed_));
        std::abort();
      }
      now_ = timers_.next_deadline();
      timers_.fire_due(now_);
      return;
    }
    const std::size_t chosen = seed_ == 0 ? 0 : draw(ready_.size());
    mtaio::lowlevel::Job* job = ready_[chosen];
    ready_.erase(ready_.begin() + static_cast<std::ptrdiff_t>(chosen));
    mtaio::lowlevel::drive(*job);
  }

  const std::uint64_t seed_;
  std::mt19937_64 random_;
  TimePoint now_{std::chrono::hours{1}};
  std::vector<mtaio::lowlevel::Job*> ready_;
  mtaio::lowlevel::TimerHeap timers_;
  mtaio::lowlevel::Idlers idlers_;
  mtaio::lowlevel::Worker worker_{*this, idlers_};
};

}  // namespace test
