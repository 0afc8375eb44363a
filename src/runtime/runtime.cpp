#include <mtaio/runtime.hpp>

#include <mtaio/lowlevel/context.hpp>

#include "runtime/work_stealing.hpp"

#include <stdexcept>

namespace mtaio {
namespace {

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
  for (const auto* state = &lowlevel::this_thread(); state; state = state->outer) {
    if (state->worker && &state->worker->scheduler == workers_.get()) {
      throw std::logic_error{kRunOnWorker};
    }
  }
}

void Runtime::throw_no_task() {
  throw std::logic_error{"run(Task): there is no task; it was awaited before, or moved from."};
}

void Runtime::run_to_end(std::coroutine_handle<> frame, lowlevel::PromiseBase& promise) {
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
