#include <mtaio/exceptions.hpp>

#include "base/exception_cast.hpp"

#include <utility>

namespace mtaio {
namespace {

// What is quoted of a cause's message: failures may be nested thousands deep, and each quotes the
// next.
constexpr std::size_t kQuoted = 500;

std::string message_of(const std::exception_ptr& cause) {
  using lowlevel::exception_cast;
  if (const auto* nested = exception_cast<ExecutionError>(cause)) {
    std::string text = nested->what();
    if (text.size() > kQuoted) text.replace(kQuoted, std::string::npos, "...");
    return text;
  }
  if (const auto* error = exception_cast<std::exception>(cause)) return error->what();
  if (const auto* cancelled = exception_cast<CancelledError>(cause)) return cancelled->what();
  return "an exception that is no std::exception";
}

std::string describe(const std::vector<ExecutionError::Failure>& failures,
                     std::optional<std::size_t> total) {
  const auto& first = failures.front();
  std::string text = "task " + std::to_string(first.index);
  if (total) text += " of " + std::to_string(*total);
  return text + " failed: " + message_of(first.cause);
}

struct Failures {
  std::vector<ExecutionError::Failure> list;
  Failures* next = nullptr;  // while it waits to be destroyed
};

thread_local constinit Failures* to_destroy = nullptr;
thread_local constinit bool destroying = false;

/// A failure may be caused by a failure that was caused by a failure: destroyed one after the
/// other, so that no depth of nesting grows the stack.
void destroy(Failures* failures) noexcept {
  failures->next = to_destroy;
  to_destroy = failures;
  if (destroying) return;
  destroying = true;
  while (Failures* next = to_destroy) {
    to_destroy = next->next;
    delete next;
  }
  destroying = false;
}

std::shared_ptr<const std::vector<ExecutionError::Failure>> share(
    std::vector<ExecutionError::Failure> failures) {
  const std::shared_ptr<Failures> shared{new Failures{std::move(failures)}, &destroy};
  return {shared, &shared->list};
}

}  // namespace

Error::~Error() = default;
TimeoutError::~TimeoutError() = default;
QueueShutDown::~QueueShutDown() = default;
ExecutionError::~ExecutionError() = default;
CancelledError::~CancelledError() = default;

const char* CancelledError::what() const noexcept { return "the task was asked to stop"; }

ExecutionError::ExecutionError(std::exception_ptr cause)
    : Error{"task failed: " + message_of(cause)},
      failures_{share({Failure{0, std::move(cause)}})} {}

ExecutionError::ExecutionError(std::vector<Failure> failures, std::optional<std::size_t> total)
    : Error{describe(failures, total)}, failures_{share(std::move(failures))} {}

}  // namespace mtaio
