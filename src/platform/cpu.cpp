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
  // More cores than a cpu_set_t holds.
  return std::max<std::size_t>(1, std::thread::hardware_concurrency());
}

}  // namespace mtaio::platform
