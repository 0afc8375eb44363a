#include <mtaio/runtime.hpp>

#include <mtaio/lowlevel/context.hpp>

#include "runtime/work_stealing.hpp"

#include <stdexcept>

namespace mtaio {
namespace {

/// The calls of run() that are under way on this thread, the innermost first.
struct OngoingCall {
  const void* runtime;
  const OngoingCall* outer;
};

thread_local constinit const OngoingCall* ongoing_calls = nullptr;

class ThisCall {
 public:
  explicit ThisCall(const void* runtime) noexcept : call_{runtime, ongoing_calls} {
    ongoing_calls = &call_;
  }
  ThisCall(const ThisCall&) = delete;
  ThisCall& operator=(const ThisCall&) = delete;
  ~ThisCall() { ongoing_calls = call_.outer; }

 private:
  OngoingCall call_;
};

class RunCall final : public lowlevel::Run {
 public:
  explicit RunCall(runtime::WorkStealing& workers) noexcept : Run{workers}, workers_{workers} {}

  void wait_for(lowlevel::Job& main) noexcept { workers_.work_from(main, caller_); }

 private:
  void ended() noexcept override { workers_.dismiss(caller_); }

  runtime::WorkStealing& workers_;
  runtime::Occupant caller_;
};

/// The first job of a run: enters the main task.
class MainJob : public lowlevel::Job {
 public:
  MainJob(std::coroutine_handle<> main, lowlevel::TaskRoot& root) noexcept
      : Job{&MainJob::enter, &root}, main_{main} {}

 private:
  static std::coroutine_handle<> enter(Job& job) noexcept {
    return static_cast<MainJob&>(job).main_;
  }

  std::coroutine_handle<> main_;
};

class MainRoot final : public lowlevel::TaskRoot {
  using TaskRoot::TaskRoot;
};

std::coroutine_handle<> main_ended(lowlevel::PromiseBase& promise) noexcept {
  auto& run = *static_cast<RunCall*>(promise.receiver());
  run.context().scope.request_stop();
  run.release();  // and with that, when nothing else is left, the run may be gone
  return std::noop_coroutine();
}

constexpr const char* kRunOnWorker =
    "run(): called on a worker of the runtime, which would wait for itself. Inside a task, "
    "co_await instead.";

}  // namespace

Runtime::Runtime(RuntimeOptions options)
    : workers_{std::make_unique<runtime::WorkStealing>(options)} {}

Runtime::~Runtime() = default;

std::size_t Runtime::threads() const noexcept { return workers_->size(); }

void Runtime::check_not_on_worker() const {
  const lowlevel::Worker* worker = lowlevel::this_thread().worker;
  bool mine = worker != nullptr && &worker->scheduler == workers_.get();
  for (const OngoingCall* call = ongoing_calls; call; call = call->outer) {
    mine = mine || call->runtime == workers_.get();
  }
  if (mine) throw std::logic_error{kRunOnWorker};
}

void Runtime::throw_no_task() {
  throw std::logic_error{"run(Task): there is no task; it was awaited before, or moved from."};
}

void Runtime::run_to_end(std::coroutine_handle<> frame, lowlevel::PromiseBase& promise) {
  const ThisCall this_call{workers_.get()};
  RunCall run{*workers_};
  MainRoot root{run};
  MainJob job{frame, root};
  promise.received_by(&main_ended, &run, 0, &root.context());
  run.wait_for(job);
}

namespace lowlevel {

void check_plain_thread() {
  if (this_thread().worker) throw std::logic_error{kRunOnWorker};
}

}  // namespace lowlevel

}  // namespace mtaio
