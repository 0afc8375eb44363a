/// Times, as system calls take them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <limits>

namespace mtaio::testing::interleave {

inline constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;

[[nodiscard]] inline std::int64_t nanoseconds_of(const timespec& time) noexcept {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max() / kNanosecondsPerSecond;
  return std::min<std::int64_t>(time.tv_sec, kMost - 1) * kNanosecondsPerSecond + time.tv_nsec;
}

[[nodiscard]] inline timespec timespec_of(std::int64_t nanoseconds) noexcept {
  return {.tv_sec = nanoseconds / kNanosecondsPerSecond,
          .tv_nsec = nanoseconds % kNanosecondsPerSecond};
}

}  // namespace mtaio::testing::interleave
