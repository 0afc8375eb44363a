// expect: mtaio: a CancelledError left main\(\), .*: the task was asked to stop\. .*Catch
// mtaio::CancelledError
#include <mtaio/core.hpp>

#include <chrono>

namespace {

mtaio::Task<void> wait() { co_await mtaio::sleep(std::chrono::hours{1}); }

mtaio::Task<void> async_main() {
  mtaio::TaskExecutor executor;
  auto waiting = executor.create_task(wait());
  waiting.request_stop();
  co_await waiting;
}

}  // namespace

int main() { mtaio::run(async_main()); }
