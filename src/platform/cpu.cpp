#include "platform/cpu.hpp"

#include <sched.h>

#include <algorithm>
#include <thread>

namespace mtaio::platform {

std::size_t usable_cores() noexcept {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) {
    return static_cast<std::size_t>(std::max(1, CPU_COUNT(&allowed)));
  }
  // There are more cores than a cpu_set_t holds.
  return std::max<std::size_t>(1, std::thread::hardware_concurrency());
}

int current_core() noexcept { return sched_getcpu(); }

void get_off_core(int core) noexcept {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (core < 0 || sched_getcpu() != core) return;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
  cpu_set_t others = allowed;
  CPU_CLR(static_cast<std::size_t>(core), &others);
  // This fails if the thread may not run on any other core.
  if (sched_setaffinity(0, sizeof others, &others) == 0) {
    sched_setaffinity(0, sizeof allowed, &allowed);
  }
}

}  // namespace mtaio::platform
