/// The progress of a `gather` or `map`.
#pragma once

#include <atomic>
#include <cstddef>

namespace mtaio {

namespace internal {
class FanOutFailures;
template <class Derived, class Options>
class FanOutLoop;
}  // namespace internal

/// Counters that a `gather` or `map` keeps up to date, and that any thread may read at any time.
///
/// From docs/progress.md:
///
///     co_await executor.map(work, std::views::iota(0, 200), {.limit = 8, .progress = &progress});
///     std::cout << progress.done() << " done, " << progress.failed() << " failed\n";
///
/// Several calls may share one object, which then counts the tasks of all of them. The object must
/// outlive the calls.
class Progress {
 public:
  /// The number of tasks; 0 until it is known. A range without a size is counted when it has ended.
  [[nodiscard]] std::size_t total() const noexcept { return read(total_); }
  /// The number of tasks that have been started.
  [[nodiscard]] std::size_t started() const noexcept { return read(started_); }
  /// The number of tasks that have ended, with or without an error.
  [[nodiscard]] std::size_t done() const noexcept { return read(done_); }
  /// The number of tasks that have failed. A task that was asked to stop and did so has not failed.
  [[nodiscard]] std::size_t failed() const noexcept { return read(failed_); }

 private:
  friend class internal::FanOutFailures;
  template <class Derived, class Options>
  friend class internal::FanOutLoop;
  using Counter = std::atomic<std::size_t>;

  static std::size_t read(const Counter& counter) noexcept {
    return counter.load(std::memory_order_relaxed);
  }

  void add_total(std::size_t more) noexcept { add(total_, more); }
  void count_started() noexcept { add(started_, 1); }
  void count_done() noexcept { add(done_, 1); }
  void count_failed() noexcept { add(failed_, 1); }
  static void add(Counter& counter, std::size_t more) noexcept {
    counter.fetch_add(more, std::memory_order_relaxed);
  }

  Counter total_{0};
  Counter started_{0};
  Counter done_{0};
  Counter failed_{0};
};

}  // namespace mtaio
