/// A scheduler for waiters that are not coroutines of the library.
#pragma once

#include <mtaio/lowlevel/scheduler.hpp>

namespace mtaio::python {

/// Waits of Python arrive here, through `post()`. All other members are for coroutines of the
/// library, which do not run here.
class ArrivalScheduler : public lowlevel::Scheduler {
 public:
  [[nodiscard]] lowlevel::TimePoint now() noexcept final;
  void arm(lowlevel::Timer& timer, lowlevel::TimePoint deadline) noexcept final;
  void run_blocking(lowlevel::BlockingJob& job, lowlevel::BlockingPool* pool) final;
  bool withdraw_blocking(lowlevel::BlockingJob& job, lowlevel::BlockingPool* pool) noexcept final;
  void notify_one() noexcept final;
  void block(const internal::ThreadEvent& event) noexcept final;

 protected:
  ~ArrivalScheduler() = default;
};

}  // namespace mtaio::python
