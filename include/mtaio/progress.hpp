/// How far a gather or map has come.
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
///     mtaio::Progress progress;
///     auto files = executor.map(hash, paths, {.limit = 8, .progress = &progress});
///     ... elsewhere: std::cout << progress.done() << " of " << progress.total() << '\n';
///
/// Several calls may share one object; it then counts them all. It outlives the calls.
class Progress {
 public:
  /// How many tasks there are; 0 as long as that is not known, as in a range without a size.
  [[nodiscard]] std::size_t total() const noexcept { return read(total_); }
  /// How many have been started.
  [[nodiscard]] std::size_t started() const noexcept { return read(started_); }
  /// How many have ended, whatever way.
  [[nodiscard]] std::size_t done() const noexcept { return read(done_); }
  /// How many of those have failed; not those that were asked to stop, and did.
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
