/// What the memory asks of the strategy.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mtaio::testing::interleave {

/// What is chosen besides the thread that goes on. The ordinary answer is always 0.
enum class Choice : std::uint8_t {
  /// Which store a load reads; 0 is the latest.
  kReadFrom,
  /// After which store an update goes; 0 is the latest.
  kUpdateAfter,
  /// After which store a store goes; 0 is the latest.
  kStoreAfter,
  /// Whether a store is one that a load has foreseen; 0 if it is.
  kFulfil,
  /// Whether a weak compare-exchange fails although it need not.
  kSpuriousFailure,
  /// Whether a futex wakes a thread for no reason.
  kSpuriousWakeUp,
  /// Whether a thread that spins goes on for a while before others do.
  kPatience,
};

class Choices {
 public:
  Choices(const Choices&) = delete;
  Choices& operator=(const Choices&) = delete;

  /// Returns a number less than `count`, which is at least 2.
  [[nodiscard]] virtual unsigned choose(unsigned count, Choice what) = 0;
  /// Whether the operation that `thread` makes now is also explored before the step `step`. Then it
  /// need not have the choice to act now as if that step were still to come.
  [[nodiscard]] virtual bool explored_before(int thread, std::size_t step) {
    static_cast<void>(thread);
    static_cast<void>(step);
    return false;
  }

 protected:
  Choices() = default;
  ~Choices() = default;
};

}  // namespace mtaio::testing::interleave
