#include <mtaio/lowlevel/spin_lock.hpp>

#include "platform/cpu.hpp"

#include <sched.h>
#include <time.h>  // NOLINT(*-deprecated-headers): <ctime> does not declare clock_nanosleep

#include <cerrno>

namespace mtaio::lowlevel {
namespace {

// A holder normally unlocks after a few dozen instructions.
constexpr int kSpins = 128;
// A holder that was preempted may be waiting for this very core.
constexpr int kYields = 4;
constexpr long kNap = 20'000;  // nanoseconds

void nap() noexcept {
  const int saved = errno;
  const timespec length{.tv_sec = 0, .tv_nsec = kNap};
  // A signal may end it early, which does no harm.
  clock_nanosleep(CLOCK_MONOTONIC, 0, &length, nullptr);
  errno = saved;
}

}  // namespace

void SpinLock::lock_contended() noexcept {
  for (int i = 0; i < kSpins + kYields; ++i) {
    if (i < kSpins) {
      platform::cpu_relax();
    } else {
      sched_yield();
    }
    const bool looks_free = held_.load(std::memory_order_relaxed) == 0 &&
                            starving_.load(std::memory_order_relaxed) == 0;
    if (looks_free && try_lock()) return;
  }
  starving_.fetch_add(1, std::memory_order_relaxed);
  for (int i = 1; !try_lock(); ++i) {
    if (i % kSpins == 0) {
      nap();
    } else {
      platform::cpu_relax();
    }
  }
  starving_.fetch_sub(1, std::memory_order_relaxed);
}

}  // namespace mtaio::lowlevel
