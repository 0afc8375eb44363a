/// The state word of a fan-out.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace mtaio::internal {

/// Counts the children of a fan-out that have not ended, and records whether the token is parked or
/// gone: see core.hpp for the life of the token.
///
///     bit 63        parked     The limit is reached. No thread holds the token; the next child
///                              that ends takes it.
///     bit 62        closed     No further child starts, and the token does not exist any more.
///     bits 61 to 0  children   The children that were started and have not ended, and the child
///                              that the holder of the token is about to start.
///
/// The two flags are never set together. While neither is set, one thread holds the token, or the
/// token is in a deque or in a queue of the scheduler. A child that takes over its predecessor's
/// place in the count changes nothing here. The last child may resume the parent without being
/// counted out; then the word is not used again.
///
/// end/resume   A child that ends releases what it did. The child that finds itself the last
///              acquires what all children did and resumes the parent, which therefore sees it. All
///              other changes are read-modify-writes and pass the release on; the one plain store,
///              in close(), comes after an acquire by the only thread that is left.
/// park/take    The holder that parks the token releases what it did as the holder: the position
///              in the range, the number of children started. The child that takes the token
///              acquires it.
class [[gnu::visibility("default")]] FanOutState {
 public:
  /// What the thread that leaves the fan-out has to do next.
  enum class Leaving : std::uint8_t { kResumeParent, kNothing, kTakeToken };

  // What the holder of the token does.

  /// Parks the token if `limit` children or more have not ended. False if there are fewer: then the
  /// caller still holds the token.
  [[nodiscard]] bool park(std::size_t limit) noexcept;

  /// Counts a child: the caller has just found the token and is about to start it.
  void add_child() noexcept { word_.fetch_add(1, std::memory_order_relaxed); }

  /// Counts out a child that has ended, while its thread keeps the token.
  void remove_child() noexcept {
    // end/resume, a child that ends.
    word_.fetch_sub(1, std::memory_order_release);
  }

  /// Whether the child about to start is the only one counted. Then no other thread uses the word.
  [[nodiscard]] bool is_only_child() const noexcept {
    // end/resume, the last one: all children that were started before have ended.
    return word_.load(std::memory_order_acquire) == 1;
  }

  /// The child about to start is the last one to start.
  void close() noexcept {
    if (is_only_child()) {
      word_.store(kClosed | 1, std::memory_order_relaxed);
    } else {
      word_.fetch_or(kClosed, std::memory_order_relaxed);
    }
  }

  /// A child was counted, but none is left to start. Never returns `kTakeToken`.
  [[nodiscard]] Leaving close_without_child() noexcept {
    std::uint64_t word = word_.load(std::memory_order_relaxed);
    // end/resume, both ends: the caller may have been a child, and may be the last to leave.
    while (!word_.compare_exchange_weak(word, (word - 1) | kClosed, std::memory_order_acq_rel,
                                        std::memory_order_relaxed)) {
    }
    return (word & kChildren) == 1 ? Leaving::kResumeParent : Leaving::kNothing;
  }

  // What a child does that has ended and does not hold the token.

  /// Whether the caller is the only child left, and no further child starts. Then no other thread
  /// uses the word.
  [[nodiscard]] bool is_last_child() const noexcept {
    // end/resume, the last one.
    return word_.load(std::memory_order_acquire) == (kClosed | 1);
  }

  /// Takes the token if it is parked, and with it the place for the next child. Otherwise counts
  /// the caller out, unless it is the last one.
  [[nodiscard]] Leaving unpark_or_leave() noexcept;

 private:
  static constexpr std::uint64_t kParked = std::uint64_t{1} << 63U;
  static constexpr std::uint64_t kClosed = std::uint64_t{1} << 62U;
  static constexpr std::uint64_t kChildren = kClosed - 1;

  // The first child is about to start, and the parent's thread holds the token.
  std::atomic<std::uint64_t> word_{1};
};

}  // namespace mtaio::internal
