/// Failures on purpose: of memory, of threads, of the user's own code.
///
/// The test program replaces `operator new` and `pthread_create` (faults.cpp), and its user code
/// calls `user_code()` wherever something of the user's may throw. While a fault is armed, the
/// calls of that kind are counted, on all threads, and the one that was chosen fails.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>

// ThreadSanitizer has an operator new of its own, which cannot be replaced. There only the calls
// made by the program's own object files can be made to fail, and nothing is counted.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define MTAIO_TEST_WRAPS_NEW 1
#endif
#endif
#ifndef MTAIO_TEST_WRAPS_NEW
#define MTAIO_TEST_WRAPS_NEW 0
#endif

namespace sweeps {

inline constexpr bool kCountsAllocations = !MTAIO_TEST_WRAPS_NEW;

/// What user code throws.
class Planted : public std::exception {
 public:
  [[nodiscard]] const char* what() const noexcept override { return "planted"; }
};

struct Fault {
  enum class Kind : std::uint8_t {
    kNone,
    kAllocation,  // std::bad_alloc, or null from the forms that do not throw
    kThread,      // EAGAIN, which std::thread makes a std::system_error
    kUserCode,    // Planted
  };
  Kind kind = Kind::kNone;
  /// Which call fails, from 1.
  std::size_t call = 1;
  /// Whether all calls after it fail as well.
  bool and_all_after = false;
};

/// Faults happen while it lives. One at a time.
class Armed {
 public:
  explicit Armed(const Fault& which) noexcept;
  Armed(const Armed&) = delete;
  Armed& operator=(const Armed&) = delete;
  ~Armed();

  /// How many calls have failed so far.
  [[nodiscard]] std::size_t failures() const noexcept;
  /// How many of them were allocations that ask not to throw: their callers can do without.
  [[nodiscard]] std::size_t done_without() const noexcept;
};

/// To be called by user code where it may throw.
void user_code();

/// How many pieces of memory there are from `operator new`. 0 unless kCountsAllocations.
[[nodiscard]] std::size_t live_allocations() noexcept;

}  // namespace sweeps
