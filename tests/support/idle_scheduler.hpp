/// A scheduler for tests without a runtime.
#pragma once

#include <mtaio/lowlevel/scheduler.hpp>

namespace test {

/// Does nothing of what it is asked for; the tests override what they need.
class IdleScheduler : public mtaio::lowlevel::Scheduler {
 public:
  void post(mtaio::lowlevel::Job&) noexcept override {}
  mtaio::lowlevel::TimePoint now() noexcept override { return {}; }
  void arm(mtaio::lowlevel::Timer&, mtaio::lowlevel::TimePoint) noexcept override {}
  void run_blocking(mtaio::lowlevel::BlockingJob&, mtaio::lowlevel::BlockingPool*) override {}
  bool withdraw_blocking(mtaio::lowlevel::BlockingJob&,
                         mtaio::lowlevel::BlockingPool*) noexcept override {
    return false;
  }

 protected:
  ~IdleScheduler() = default;
};

}  // namespace test
