/// What the library throws.
#pragma once

#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace mtaio {

/// The base of `ExecutionError`, `TimeoutError` and `QueueShutDown`.
class [[gnu::visibility("default")]] Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
  Error(const Error&) = default;
  Error& operator=(const Error&) = default;
  ~Error() override;
};

/// Time ran out.
class [[gnu::visibility("default")]] TimeoutError : public Error {
 public:
  using Error::Error;
  TimeoutError(const TimeoutError&) = default;
  TimeoutError& operator=(const TimeoutError&) = default;
  ~TimeoutError() override;
};

/// The queue was shut down: it takes no more items, or has none left to give.
class [[gnu::visibility("default")]] QueueShutDown : public Error {
 public:
  using Error::Error;
  QueueShutDown(const QueueShutDown&) = default;
  QueueShutDown& operator=(const QueueShutDown&) = default;
  ~QueueShutDown() override;
};

/// A task, or a function that ran in a thread, failed.
///
///     try {
///       co_await executor.map(fetch, urls, {.limit = 8});
///     } catch (const mtaio::ExecutionError& error) {
///       std::cerr << error.what() << '\n';  // task 3 of 10 failed: connection refused
///       retry(urls[error.index()]);
///     }
class [[gnu::visibility("default")]] ExecutionError : public Error {
 public:
  struct Failure {
    std::size_t index;
    std::exception_ptr cause;
  };

  /// One failed task on its own.
  explicit ExecutionError(std::exception_ptr cause);

  /// Failures of `total` tasks, ordered by time; `total` is empty where the number is not known.
  /// REQUIRES: `failures` is not empty.
  ExecutionError(std::vector<Failure> failures, std::optional<std::size_t> total);

  ExecutionError(const ExecutionError&) = default;
  ExecutionError& operator=(const ExecutionError&) = default;
  ~ExecutionError() override;

  /// What the first task to fail threw.
  [[nodiscard]] const std::exception_ptr& cause() const noexcept {
    return failures_->front().cause;
  }
  /// The position of that task, from zero.
  [[nodiscard]] std::size_t index() const noexcept { return failures_->front().index; }
  /// Every failure, the first by time in front.
  [[nodiscard]] const std::vector<Failure>& failures() const noexcept { return *failures_; }
  /// Throws `cause()`.
  [[noreturn]] void rethrow_cause() const { std::rethrow_exception(cause()); }

 private:
  std::shared_ptr<const std::vector<Failure>>
      failures_;  // shared: copying an exception must not throw
};

/// This task was asked to stop.
///
/// Not a `std::exception`, so that `catch (const std::exception&)` lets it through, as `except
/// Exception` lets `asyncio.CancelledError` through in Python. Whoever catches it throws it on.
class [[gnu::visibility("default")]] CancelledError {
 public:
  CancelledError() = default;
  CancelledError(const CancelledError&) = default;
  CancelledError& operator=(const CancelledError&) = default;
  virtual ~CancelledError();

  [[nodiscard]] virtual const char* what() const noexcept;
};

}  // namespace mtaio
