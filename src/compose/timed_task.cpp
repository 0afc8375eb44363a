#include <mtaio/lowlevel/timed_task.hpp>

#include <chrono>
#include <stdexcept>
#include <string>

namespace mtaio::lowlevel {

bool is_cancelled(const std::exception_ptr& error) noexcept {
  try {
    std::rethrow_exception(error);
  } catch (const CancelledError&) {
    return true;
  } catch (...) {
    return false;
  }
}

void throw_timed_out(Timeout timeout) {
  const std::chrono::duration<double> seconds = timeout.nanoseconds();
  throw TimeoutError{"the time ran out after " + std::to_string(seconds.count()) + " s"};
}

void throw_no_task() {
  throw std::logic_error{"co_await Task: there is no task; it was awaited before, or moved from."};
}

}  // namespace mtaio::lowlevel
