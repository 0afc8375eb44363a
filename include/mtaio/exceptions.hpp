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
///
/// What the task threw while it was being stopped, unless that was a plain `CancelledError`, is
/// nested in it: `what()` says so, and `std::rethrow_if_nested()` throws it. For a `gather` or
/// `map` that is an `ExecutionError` with all failures.
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
  /// The position of that task, from zero; 0 if there is none.
  [[nodiscard]] std::size_t index() const noexcept { return failures_->front().index; }
  /// Whether the task is one of several: false for what `run` and `run_in_thread` throw. Such an
  /// error says no more than its cause, which takes its place where it would be wrapped again.
  [[nodiscard]] bool has_index() const noexcept { return has_index_; }
  /// Every failure, the first by time in front.
  [[nodiscard]] const std::vector<Failure>& failures() const noexcept { return *failures_; }
  /// Throws `cause()`.
  [[noreturn]] void rethrow_cause() const { std::rethrow_exception(cause()); }

 private:
  std::shared_ptr<const std::vector<Failure>>
      failures_;  // shared: copying an exception must not throw
  bool has_index_;
};

/// This task was asked to stop.
///
/// What goes wrong while a task cleans up may be nested in it with `std::throw_with_nested()`, and
/// is not lost then. A `gather` or `map` whose caller was asked to stop throws one in which an
/// `ExecutionError` is nested, if tasks of its failed while they were being stopped.
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
