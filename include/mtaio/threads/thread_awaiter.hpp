/// Awaiting a bound function that runs in a thread.
#pragma once

#include <mtaio/coro/result.hpp>
#include <mtaio/threads/blocking_awaiter.hpp>
#include <mtaio/threads/bound_function.hpp>

#include <cstddef>
#include <utility>

namespace mtaio::internal {

/// Awaits a call of `Bound`, a `BoundFunction`, in `pool`; null: in the scheduler's own pool.
/// Throws what the function throws, unchanged.
template <class Bound>
class ThreadAwaiter : private BlockingAwaiter {
 public:
  using Result = typename Bound::Result;
  using resumes_at_home = void;

  ThreadAwaiter(Bound&& bound, lowlevel::BlockingPool* pool, std::size_t limit = 0)
      : BlockingAwaiter{&ThreadAwaiter::call, pool, limit}, bound_(std::move(bound)) {}

  using BlockingAwaiter::await_ready;
  using BlockingAwaiter::await_suspend;
  using BlockingAwaiter::scope;
  Result await_resume() {
    finish();
    return result_.take();
  }

 private:
  static void call(BlockingAwaiter& base, StopToken stop) noexcept {
    auto& self = static_cast<ThreadAwaiter&>(base);
    call_into(self.result_, self.bound_, stop);
  }

  Bound bound_;
  internal::Result<Result> result_;
};

}  // namespace mtaio::internal
