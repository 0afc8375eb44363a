#include "platform/futex.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>

namespace mtaio::platform {

void futex_wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected,
                std::optional<Deadline> deadline) noexcept {
  static_assert(sizeof(word) == sizeof(std::uint32_t));
  timespec absolute{};
  if (deadline) {
    const auto since_epoch = deadline->time_since_epoch();
    if (since_epoch <= std::chrono::nanoseconds::zero()) return;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since_epoch);
    absolute.tv_sec = static_cast<std::time_t>(seconds.count());
    absolute.tv_nsec = static_cast<long>((since_epoch - seconds).count());
  }
  // The user's code must not see errno change.
  const int saved = errno;
  // FUTEX_WAIT_BITSET takes an absolute time of CLOCK_MONOTONIC, the clock behind steady_clock.
  syscall(SYS_futex, &word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, expected,
          deadline ? &absolute : nullptr, nullptr, FUTEX_BITSET_MATCH_ANY);
  errno = saved;
}

void futex_wake(const std::atomic<std::uint32_t>* word, int count) noexcept {
  const int saved = errno;
  syscall(SYS_futex, word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, count, nullptr, nullptr, 0);
  errno = saved;
}

}  // namespace mtaio::platform
