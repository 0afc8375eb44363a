#include <mtaio/fan_out/state.hpp>

namespace mtaio::internal {

bool FanOutState::park(std::size_t limit) noexcept {
  std::uint64_t word = word_.load(std::memory_order_relaxed);
  // Only the holder raises the count, so a count below the limit stays below it.
  while ((word & kChildren) >= limit) {
    // park/take, the holder.
    if (word_.compare_exchange_weak(word, word | kParked, std::memory_order_release,
                                    std::memory_order_relaxed)) {
      return true;
    }
  }
  return false;
}

FanOutState::Leaving FanOutState::unpark_or_leave() noexcept {
  // end/resume, the last one.
  std::uint64_t word = word_.load(std::memory_order_acquire);
  for (;;) {
    if (word == (kClosed | 1)) return Leaving::kResumeParent;
    const bool parked = (word & kParked) != 0;
    const std::uint64_t next = parked ? word & ~kParked : word - 1;
    // park/take, the child that takes the token; end/resume, a child that ends. If the exchange
    // fails, end/resume, the last one.
    if (word_.compare_exchange_weak(word, next, std::memory_order_acq_rel,
                                    std::memory_order_acquire)) {
      return parked ? Leaving::kTakeToken : Leaving::kNothing;
    }
  }
}

}  // namespace mtaio::internal
