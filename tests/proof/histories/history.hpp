/// What was done with a queue, and when.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace histories {

using Time = std::uint64_t;

inline constexpr Time kNever = std::numeric_limits<Time>::max();

/// One call, from before it to after it. Every number is put once at most.
struct Operation {
  enum class Kind : std::uint8_t {
    kPut,     // `number` was put
    kGet,     // `number` came out
    kGaveUp,  // a put of `number` that was stopped, or found the queue full and was not repeated
    kEmpty,   // try_get found nothing
    kFull,    // try_put found no room
  };
  Kind kind;
  std::size_t number = 0;
  Time invoked = 0;
  Time returned = 0;
  double priority = 0;
  bool may_wait = false;  // a put that waits for room
};

using History = std::vector<Operation>;

/// A clock that all threads read. An operation that returned before another was called has the
/// lower times.
class Clock {
 public:
  Time now() noexcept { return next_.fetch_add(1, std::memory_order_seq_cst); }

 private:
  std::atomic<Time> next_{1};
};

/// What one task, or one thread, does.
class Log {
 public:
  explicit Log(Clock& clock) noexcept : clock_{&clock} {}

  [[nodiscard]] Time now() const noexcept { return clock_->now(); }
  /// The operation has just returned.
  void add(Operation operation) {
    operation.returned = now();
    operations_.push_back(operation);
  }
  [[nodiscard]] const History& operations() const noexcept { return operations_; }

 private:
  Clock* clock_;
  History operations_;
};

}  // namespace histories
