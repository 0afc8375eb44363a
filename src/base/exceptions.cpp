#include <mtaio/exceptions.hpp>

#include <utility>

namespace mtaio {
namespace {

std::string message_of(const std::exception_ptr& cause) {
  try {
    std::rethrow_exception(cause);
  } catch (const std::exception& error) {
    return error.what();
  } catch (const CancelledError& cancelled) {
    return cancelled.what();
  } catch (...) {
    return "an exception that is no std::exception";
  }
}

std::string describe(const std::vector<ExecutionError::Failure>& failures,
                     std::optional<std::size_t> total) {
  const auto& first = failures.front();
  std::string text = "task " + std::to_string(first.index);
  if (total) text += " of " + std::to_string(*total);
  return text + " failed: " + message_of(first.cause);
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
      failures_{std::make_shared<const std::vector<Failure>>(1, Failure{0, std::move(cause)})} {}

ExecutionError::ExecutionError(std::vector<Failure> failures, std::optional<std::size_t> total)
    : Error{describe(failures, total)},
      failures_{std::make_shared<const std::vector<Failure>>(std::move(failures))} {}

}  // namespace mtaio
