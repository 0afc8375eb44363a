/// syscall(), for futex and membarrier.
#include "interleave/interpose/export.hpp"
#include "interleave/interpose/program_memory.hpp"
#include "interleave/interpose/timestamp.hpp"
#include "interleave/world.hpp"

#include <linux/futex.h>
#include <linux/membarrier.h>
#include <sys/syscall.h>

#include <array>
#include <cerrno>
#include <cstdarg>
#include <cstdint>
#include <string>

namespace mtaio::testing::interleave {
namespace {

constexpr std::size_t kMostArguments = 6;
using Arguments = std::array<long, kMostArguments>;

long kernel(long number, const Arguments& arguments) noexcept {
  long result = number;
  register long fourth asm("r10") = arguments[3];
  register long fifth asm("r8") = arguments[4];
  register long sixth asm("r9") = arguments[5];
  asm volatile("syscall"
               : "+a"(result)
               : "D"(arguments[0]), "S"(arguments[1]), "d"(arguments[2]), "r"(fourth), "r"(fifth),
                 "r"(sixth)
               : "rcx", "r11", "memory");
  return result;
}

/// As the C library returns what the kernel does.
long returned(long result) noexcept {
  constexpr long kLargestError = 4095;
  if (result >= 0 || result < -kLargestError) return result;
  errno = static_cast<int>(-result);
  return -1;
}

long wait_on_futex(const Arguments& arguments, bool absolute, Site site) noexcept {
  const auto* time = reinterpret_cast<const timespec*>(arguments[3]);
  std::int64_t deadline = 0;
  if (time) deadline = nanoseconds_of(*time) + (absolute ? 0 : now());
  return -futex_wait(static_cast<Address>(arguments[0]), static_cast<std::uint32_t>(arguments[2]),
                     time ? &deadline : nullptr, site);
}

long futex_call(const Arguments& arguments, Site site) noexcept {
  switch (arguments[1] & FUTEX_CMD_MASK) {
    case FUTEX_WAIT:
      return wait_on_futex(arguments, false, site);
    case FUTEX_WAIT_BITSET:
      return wait_on_futex(arguments, true, site);
    case FUTEX_WAKE:
    case FUTEX_WAKE_BITSET:
      return futex_wake(static_cast<Address>(arguments[0]), static_cast<int>(arguments[2]), site);
    default:
      fail(FailureKind::kMisuse, "This operation of futex(2) cannot be modelled.", site);
  }
}

long membarrier_call(const Arguments& arguments, Site site) noexcept {
  switch (arguments[0]) {
    case MEMBARRIER_CMD_QUERY:
      return MEMBARRIER_CMD_PRIVATE_EXPEDITED | MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED;
    case MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED:
      return 0;
    case MEMBARRIER_CMD_PRIVATE_EXPEDITED:
      membarrier(site);
      return 0;
    default:
      return -EINVAL;
  }
}

}  // namespace
}  // namespace mtaio::testing::interleave

using namespace mtaio::testing::interleave;

MTAIO_EXPORT long syscall(long number, ...) noexcept {
  Arguments arguments{};
  va_list list;
  va_start(list, number);
  for (long& argument : arguments) argument = va_arg(list, long);
  va_end(list);
  if (active() && number == SYS_futex) return returned(futex_call(arguments, MTAIO_SITE));
  if (active() && number == SYS_membarrier) return returned(membarrier_call(arguments, MTAIO_SITE));
  return returned(kernel(number, arguments));
}
