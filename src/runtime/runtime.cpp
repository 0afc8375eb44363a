#include <mtaio/runtime.hpp>

#include <mtaio/coro/thread_context.hpp>
#include <mtaio/lowlevel/main_run.hpp>

#include "runtime/scheduler.hpp"
#include "runtime/terminate.hpp"
#include "threads/waits_in_pool.hpp"

#include <stdexcept>

namespace mtaio {
namespace {

class RunCall final : public lowlevel::MainRun {
 public:
  RunCall(runtime::WorkStealingScheduler& workers, std::coroutine_handle<> main,
          internal::PromiseBase& promise) noexcept
      : MainRun{workers, main, promise}, workers_{workers} {
    inherit_stop_requests();
  }

  void wait() noexcept { workers_.work_from(first_job(), caller_); }

 private:
  void ended() noexcept override { workers_.dismiss(caller_); }

  /// In a function that a task waits for: stop requests to the function reach the run. The
  /// function, and so its scope, outlives the run.
  void inherit_stop_requests() noexcept {
    const internal::FunctionInThread* function = internal::this_thread().function;
    if (!function || function->called_in.forked()) return;  // a child has nobody to ask it
    context().scope.set_parent(function->scope);
  }

  runtime::WorkStealingScheduler& workers_;
  runtime::WorkerThread caller_;
};

constexpr const char* kRunOnWorker =
    "run(): called on a worker of the runtime, which would wait for itself. Inside a task, "
    "co_await instead.";

constexpr const char* kRunInChild =
    "Runtime::run(): called in a forked child of the process that made the runtime, whose threads "
    "are in the parent only. Make a new Runtime in the child.";

}  // namespace

Runtime::Runtime(RuntimeOptions options)
    : workers_{std::make_unique<runtime::WorkStealingScheduler>(options)} {
  runtime::explain_cancelled_error_at_end();
}

Runtime::~Runtime() = default;

std::size_t Runtime::threads() const noexcept { return workers_->size(); }

void Runtime::check_may_run() const {
  if (workers_->forked()) throw std::logic_error{kRunInChild};
  for (const auto* state = &internal::this_thread(); state; state = state->outer) {
    if (state->worker && &state->worker->scheduler == workers_.get()) {
      throw std::logic_error{kRunOnWorker};
    }
  }
}

void Runtime::run_to_end(std::coroutine_handle<> main, internal::PromiseBase& promise) {
  struct UnderWay {  // the last to go
    explicit UnderWay(runtime::WorkStealingScheduler& of) noexcept : workers{of} {
      workers.run_begins();
    }
    UnderWay(const UnderWay&) = delete;
    UnderWay& operator=(const UnderWay&) = delete;
    ~UnderWay() { workers.run_ended(); }
    runtime::WorkStealingScheduler& workers;
  };
  const UnderWay under_way{*workers_};
  const threads::WaitsInPool room;
  RunCall run{*workers_, main, promise};
  run.wait();
}

namespace internal {

void check_plain_thread() {
  if (this_thread().worker) throw std::logic_error{kRunOnWorker};
}

}  // namespace internal

}  // namespace mtaio
