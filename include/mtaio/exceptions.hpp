/// The exceptions of the library.
#pragma once

#include <cstddef>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace mtaio {

namespace internal {

struct Failures;

/// The failures that an exception holds. Its copies share them, because copying an exception must
/// not throw.
class [[gnu::visibility("default")]] SharedFailures {
 public:
  explicit SharedFailures(Failures* owned) noexcept : failures_{owned} {}
  SharedFailures(const SharedFailures& other) noexcept;
  SharedFailures& operator=(const SharedFailures& other) noexcept;
  ~SharedFailures();

  const Failures* operator->() const noexcept { return failures_; }

 private:
  Failures* failures_;
};

}  // namespace internal

/// The base of `ExecutionError`, `TimeoutError` and `QueueShutDown`.
class [[gnu::visibility("default")]] Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
  Error(const Error&) = default;
  Error& operator=(const Error&) = default;
  ~Error() override;
};

/// A timeout has expired.
///
/// If the task threw something other than a plain `CancelledError` while it was stopping, that
/// exception is nested in this error: `what()` quotes it, and `std::rethrow_if_nested()` throws it.
/// A `gather` or `map` nests an `ExecutionError` with all failures.
class [[gnu::visibility("default")]] TimeoutError : public Error {
 public:
  using Error::Error;
  TimeoutError(const TimeoutError&) = default;
  TimeoutError& operator=(const TimeoutError&) = default;
  ~TimeoutError() override;
};

/// The queue was shut down: a put is refused, or a get finds no item left.
class [[gnu::visibility("default")]] QueueShutDown : public Error {
 public:
  using Error::Error;
  QueueShutDown(const QueueShutDown&) = default;
  QueueShutDown& operator=(const QueueShutDown&) = default;
  ~QueueShutDown() override;
};

/// A task, or a function in a thread, has failed. From docs/exceptions.md:
///
///     try {
///       co_await executor.map(fetch, urls, {.limit = 8, .timeout = 1min});
///     } catch (const mtaio::TimeoutError&) {
///       std::cout << "not all in a minute\n";
///     } catch (const mtaio::ExecutionError& error) {
///       std::cout << error.what() << '\n';
///       std::cout << "it was " << urls[error.index()] << '\n';
///     }
class [[gnu::visibility("default")]] ExecutionError : public Error {
 public:
  struct Failure {
    std::size_t index;
    std::exception_ptr cause;
  };

  /// The failure of a single task.
  explicit ExecutionError(std::exception_ptr cause);

  /// Failures among `total` tasks, in order of time. `total` is empty if the number of tasks is not
  /// known. REQUIRES: `failures` is not empty.
  ExecutionError(std::vector<Failure> failures, std::optional<std::size_t> total);

  ExecutionError(const ExecutionError&) = default;
  ExecutionError& operator=(const ExecutionError&) = default;
  ~ExecutionError() override;

  /// The exception of the first task that failed.
  [[nodiscard]] const std::exception_ptr& cause() const noexcept;
  /// The position of that task among the awaitables or elements, from zero; 0 if it was a single
  /// task.
  [[nodiscard]] std::size_t index() const noexcept;
  /// Whether the task is one of several: false for an error of `run` and `run_in_thread`. Such an
  /// error says no more than its cause. So an `ExecutionError` around it has that cause as its own.
  [[nodiscard]] bool has_index() const noexcept { return has_index_; }
  /// All failures, in order of time.
  [[nodiscard]] const std::vector<Failure>& failures() const noexcept;
  /// Throws `cause()`.
  [[noreturn]] void rethrow_cause() const { std::rethrow_exception(cause()); }

 private:
  internal::SharedFailures failures_;
  bool has_index_;
};

/// The task was asked to stop.
///
/// A task that fails while it cleans up can nest that failure in a `CancelledError` with
/// `std::throw_with_nested()`, so that it is not lost. If children of a `gather` or `map` fail
/// while they are stopping, the call throws a `CancelledError` in which an `ExecutionError` is
/// nested.
///
/// It is not derived from `std::exception`, so `catch (const std::exception&)` does not catch it,
/// just as `except Exception` does not catch `asyncio.CancelledError` in Python. Catch it only to
/// rethrow it.
class [[gnu::visibility("default")]] CancelledError {
 public:
  CancelledError() = default;
  CancelledError(const CancelledError&) = default;
  CancelledError& operator=(const CancelledError&) = default;
  virtual ~CancelledError();

  [[nodiscard]] virtual const char* what() const noexcept;
};

}  // namespace mtaio
