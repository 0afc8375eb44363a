/// A run and its main task, for authors of schedulers.
#pragma once

#include <mtaio/awaitable.hpp>
#include <mtaio/coro/promise.hpp>
#include <mtaio/coro/run.hpp>
#include <mtaio/lowlevel/job.hpp>
#include <mtaio/lowlevel/scheduler.hpp>
#include <mtaio/task.hpp>

#include <coroutine>
#include <type_traits>
#include <utility>

namespace mtaio::lowlevel {

/// A run with its main task. When the main task has ended, everything else that was started in the
/// run is asked to stop; when all of it has ended, `ended()` is called.
class [[gnu::visibility("default")]] MainRun : public internal::Run {
 public:
  MainRun(Scheduler& scheduler, std::coroutine_handle<> main,
          internal::PromiseBase& promise) noexcept;

  [[nodiscard]] internal::TaskRoot& main() noexcept final { return root_; }
  /// The job that enters the main task. REQUIRES: it is run once.
  [[nodiscard]] Job& first_job() noexcept { return job_; }

 protected:
  ~MainRun() = default;

 private:
  struct Root final : internal::TaskRoot {
    using TaskRoot::TaskRoot;
  };
  struct FirstJob final : Job {
    FirstJob(std::coroutine_handle<> frame, internal::TaskRoot& root) noexcept
        : Job{&FirstJob::enter, &root}, main{frame} {}
    static std::coroutine_handle<> enter(Job& job) noexcept;
    std::coroutine_handle<> main;
  };

  static std::coroutine_handle<> main_ended(internal::PromiseBase& promise) noexcept;

  Root root_{*this};
  FirstJob job_;
};

[[noreturn, gnu::visibility("default")]] void throw_no_main_task();

/// Makes a task of `main`, lets `run_to_end(handle, promise)` run it, and returns its result or
/// throws the task's exception.
template <class A, class RunToEnd>
await_result_t<A> run_main(A&& main, RunToEnd run_to_end) {
  using Result = await_result_t<A>;
  Task<Result> task = [&]() -> Task<Result> {
    if constexpr (std::is_same_v<A, Task<Result>>) {
      return std::forward<A>(main);
    } else {
      return internal::as_task<A>(std::forward<A>(main));
    }
  }();
  struct Owner {
    std::coroutine_handle<internal::TaskPromise<Result>> handle;
    ~Owner() {
      if (handle) handle.destroy();
    }
  };
  const Owner owner{task.release()};
  if (!owner.handle) throw_no_main_task();
  run_to_end(owner.handle, owner.handle.promise());
  return owner.handle.promise().result().take();
}

}  // namespace mtaio::lowlevel
