/// Results, one after another, while further tasks run.
#pragma once

#include <mtaio/executor/stream_run.hpp>
#include <mtaio/lowlevel/awaiter.hpp>
#include <mtaio/lowlevel/waiter.hpp>

#include <memory>
#include <optional>
#include <utility>

namespace mtaio {

namespace internal {

/// Waits for the next result of a stream, and takes it.
template <class Item>
class NextResult {
 public:
  explicit NextResult(StreamRun<Item>& run) noexcept : run_{&run} {}

  [[nodiscard]] bool ready() {
    run_->start();
    return run_->results().ready();
  }
  bool enlist(lowlevel::Waiter& waiter) noexcept { return run_->results().enlist(waiter); }
  void forget(lowlevel::Waiter& waiter) noexcept { run_->results().forget(waiter); }
  std::optional<Item> result() { return run_->results().take(); }

 private:
  StreamRun<Item>* run_;
};

[[noreturn, gnu::visibility("default")]] void throw_no_stream(const char* member);

}  // namespace internal

/// The results of tasks, one after another, while further tasks run. What `TaskExecutor::stream`
/// returns. An `AsyncSource`. Move-only; one consumer.
///
/// From docs/stream.md:
///
///     auto pages = executor.stream(fetch, urls, {.limit = 50});
///     while (const auto page = co_await pages.next()) std::cout << *page << '\n';
///
/// The first `next()` starts the tasks. A result that has not been taken counts towards the limit,
/// so a slow consumer slows the tasks down, and memory does not grow with the number of elements.
///
/// The destructor asks the tasks that run to stop, and waits for them. If it blocks a worker,
/// another thread does that worker's work meanwhile. The stream may outlive the task that made it,
/// but not its executor, nor the end of the run.
template <class T>
class [[nodiscard]] Stream {
 public:
  using value_type = T;
  using Next = lowlevel::WaitOperation<internal::NextResult<T>>;

  /// For the library.
  explicit Stream(std::unique_ptr<internal::StreamRun<T>> run) noexcept : run_{std::move(run)} {}

  /// Waits for the next result; `std::nullopt` at the end. After a failure gives the results that
  /// come before it, waits until the tasks that run have been stopped and have ended, and throws
  /// `ExecutionError`; after that gives `std::nullopt`. Throws `TimeoutError` in the same way. The
  /// operation may be awaited again. Throws `std::logic_error` if the stream was moved from.
  ///
  /// Suspends:  only while the next result is not there.
  /// Resumes:   on the task's own scheduler.
  /// Cancelled: throws CancelledError and takes no result: the next call gets it. The tasks run on.
  ///            Not a cancellation point if the result is there.
  /// Threads:   one at a time.
  /// Lifetime:  the stream must outlive the operation.
  [[nodiscard]] Next next() { return Next{internal::NextResult<T>{checked("next")}}; }

  /// Drops all results, asks the tasks that run to stop, and waits for them. From now on `next()`
  /// gives `std::nullopt`.
  ///
  /// Suspends:  until the tasks have ended.
  /// Resumes:   on the caller's own scheduler.
  /// Cancelled: throws CancelledError; the tasks have still been asked to stop.
  /// Threads:   one at a time.
  /// Lifetime:  the stream must outlive the operation.
  internal::StopTasks close() {
    internal::StreamRun<T>& run = checked("close");
    run.close();
    return internal::StopTasks{internal::EndOfTasks{run.tasks(), true}};
  }

 private:
  internal::StreamRun<T>& checked(const char* member) const {
    if (!run_) [[unlikely]]
      internal::throw_no_stream(member);
    return *run_;
  }

  std::unique_ptr<internal::StreamRun<T>> run_;
};

}  // namespace mtaio
