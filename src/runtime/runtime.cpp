#include <mtaio/runtime.hpp>

#include <mtaio/coro/thread_context.hpp>
#include <mtaio/lowlevel/main_run.hpp>

#include "runtime/terminate.hpp"
#include "runtime/work_stealing_scheduler.hpp"
#include "threads/waits_in_pool.hpp"

#include <stdexcept>

namespace mtaio {
namespace {

class RunCall final : public lowlevel::MainRun {
 public:
  RunCall(runtime::WorkStealingScheduler& scheduler, std::coroutine_handle<> main,
          internal::PromiseBase& promise) noexcept
      : MainRun{scheduler, main, promise}, scheduler_{scheduler} {
    inherit_stop_requests();
  }

  void wait() noexcept { scheduler_.work_from(first_job(), caller_); }

 private:
  void ended() noexcept override { scheduler_.dismiss(caller_); }

  /// If run() is called in a function that a task waits for, stop requests to the function reach
  /// the run. The function, and so its scope, outlives the run.
  void inherit_stop_requests() noexcept {
    const internal::FunctionInThread* function = internal::this_thread().function();
    // In a forked child no thread of the parent can request a stop.
    if (!function || function->called_in.forked()) return;
    context().scope.set_parent(function->scope);
  }

  runtime::WorkStealingScheduler& scheduler_;
  runtime::WorkerThread caller_;
};

/// A call of run() that is under way.
class CallUnderWay {
 public:
  explicit CallUnderWay(runtime::WorkStealingScheduler& scheduler) noexcept
      : scheduler_{scheduler} {
    scheduler_.run_begins();
  }
  CallUnderWay(const CallUnderWay&) = delete;
  CallUnderWay& operator=(const CallUnderWay&) = delete;
  ~CallUnderWay() { scheduler_.run_ended(); }

 private:
  runtime::WorkStealingScheduler& scheduler_;
};

constexpr const char* kRunOnWorker =
    "run(): called on a worker of the runtime, which would wait for itself. Inside a task, "
    "co_await instead.";

constexpr const char* kRunInChild =
    "Runtime::run(): called in a forked child of the process that made the runtime, whose threads "
    "are in the parent only. Make a new Runtime in the child.";

}  // namespace

Runtime::Runtime(RuntimeOptions options) : scheduler_{new runtime::WorkStealingScheduler{options}} {
  runtime::explain_cancelled_error_at_end();
}

Runtime::~Runtime() { delete scheduler_; }

std::size_t Runtime::threads() const noexcept { return scheduler_->size(); }

void Runtime::check_may_run() const {
  if (scheduler_->forked()) throw std::logic_error{kRunInChild};
  for (const auto* thread = &internal::this_thread(); thread; thread = thread->outer()) {
    if (thread->worker() && &thread->worker()->scheduler == scheduler_) {
      throw std::logic_error{kRunOnWorker};
    }
  }
}

void Runtime::run_to_end(std::coroutine_handle<> main, internal::PromiseBase& promise) {
  const CallUnderWay under_way{*scheduler_};  // destroyed last: its end is the last access
  const threads::WaitsInPool room;
  RunCall run{*scheduler_, main, promise};
  run.wait();
}

namespace internal {

void check_plain_thread() {
  if (this_thread().worker()) throw std::logic_error{kRunOnWorker};
}

}  // namespace internal

}  // namespace mtaio
