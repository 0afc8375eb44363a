/// What went wrong in a fan-out.
#pragma once

#include <mtaio/exceptions.hpp>
#include <mtaio/lowlevel/spin_lock.hpp>
#include <mtaio/lowlevel/stop_scope.hpp>
#include <mtaio/timeout.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <vector>

namespace mtaio {
class Progress;
}

namespace mtaio::internal {

/// Collects the failures of the children, decides whether further children start, and throws the
/// error of the call. `scope` is always the scope of the children; the scope above it is the
/// caller's.
///
/// set/look   A thread that sees a flag sees what the thread that set the flag did before. The
///            collected failures themselves are guarded by the lock, until the parent reads them
///            when all children have ended.
class [[gnu::visibility("default")]] FanOutFailures {
 public:
  /// `collects_errors`: the call returns what a child throws as a result (return_exceptions).
  explicit FanOutFailures(bool collects_errors) noexcept : collects_errors_{collects_errors} {}

  [[nodiscard]] bool collects_errors() const noexcept { return collects_errors_; }
  /// Whether anything went wrong.
  [[nodiscard]] bool any() const noexcept { return flags_.load(std::memory_order_relaxed) != 0; }

  /// The child at `index` has failed, and does not count as ended yet.
  void record(std::size_t index, const std::exception_ptr& error, lowlevel::StopScope& scope,
              Progress* progress) noexcept;
  /// There is no memory for the result of the child at `index`: the call as a whole fails.
  void record_lost_result(std::size_t index, const std::exception_ptr& error,
                          lowlevel::StopScope& scope) noexcept;

  /// Whether no further child may start, because a child has failed or because of a stop request.
  /// Looks at all scopes above. If so, records that children were left out.
  [[nodiscard]] bool check_halted(lowlevel::StopScope& scope) noexcept;

  /// Throws the error that the call ends with. REQUIRES: any(), and all children have ended.
  /// `total`: the number of tasks, if that is known.
  void throw_error(std::optional<std::size_t> total);
  /// Throws a `TimeoutError`, with the failures nested in it. REQUIRES: all children have ended.
  [[noreturn]] void throw_timeout(Timeout timeout, std::optional<std::size_t> total);

 private:
  // A child has failed: no further child starts.
  static constexpr std::uint8_t kHalted = 1;
  // Children were left out because of a stop request.
  static constexpr std::uint8_t kCutShort = 2;
  // A child ended with CancelledError because it was asked to stop, or a child failed after the
  // caller was asked to stop; kFailed was not set before.
  static constexpr std::uint8_t kCancelled = 4;
  // A child failed; kCancelled was not set before.
  static constexpr std::uint8_t kFailed = 8;

  struct Collected {
    explicit Collected(ExecutionError::Failure failure) noexcept : first(std::move(failure)) {}
    Collected(const Collected&) = delete;
    Collected& operator=(const Collected&) = delete;
    [[gnu::visibility("default")]] ~Collected();

    ExecutionError::Failure first;
    // Lacks the failures for which there was no memory.
    std::vector<ExecutionError::Failure> all;
  };

  void set(std::uint8_t flag) noexcept {
    // set/look, the thread that sets.
    flags_.fetch_or(flag, std::memory_order_release);
  }
  [[nodiscard]] bool is_set(std::uint8_t flag) const noexcept {
    // set/look, the thread that looks.
    return (flags_.load(std::memory_order_acquire) & flag) != 0;
  }
  void halt(lowlevel::StopScope& scope) noexcept;
  /// REQUIRES: lock_ is held.
  void collect(std::size_t index, const std::exception_ptr& error) noexcept;
  /// All failures as an `ExecutionError`; null if there are none.
  [[nodiscard]] std::exception_ptr take_collected(std::optional<std::size_t> total);
  /// As `take_collected`; null also if there is no memory for the error.
  [[nodiscard]] std::exception_ptr try_take_collected(std::optional<std::size_t> total) noexcept;

  const bool collects_errors_;
  std::atomic<std::uint8_t> flags_{0};
  // Guards collected_, and setting kCancelled and kFailed.
  lowlevel::SpinLock lock_;
  // Also holds failures of a call that does not end with kFailed: they are nested in its error.
  std::optional<Collected> collected_;
};

}  // namespace mtaio::internal
