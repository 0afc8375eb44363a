#include <mtaio/lowlevel/main_run.hpp>

#include <stdexcept>

namespace mtaio::lowlevel {

MainRun::MainRun(Scheduler& scheduler, std::coroutine_handle<> main,
                 internal::PromiseBase& promise) noexcept
    : internal::Run{scheduler}, job_{main, root_} {
  promise.set_completion(&MainRun::main_ended, this, 0, &root_.context());
}

std::coroutine_handle<> MainRun::FirstJob::enter(Job& job) noexcept {
  return static_cast<FirstJob&>(job).main;
}

std::coroutine_handle<> MainRun::main_ended(internal::PromiseBase& promise) noexcept {
  auto& self = *static_cast<MainRun*>(promise.receiver());
  self.context().scope.request_stop();
  self.release();  // and with that, when nothing else is left, the run may be gone
  return std::noop_coroutine();
}

void throw_no_main_task() {
  throw std::logic_error{"run(Task): there is no task; it was awaited before, or moved from."};
}

}  // namespace mtaio::lowlevel
