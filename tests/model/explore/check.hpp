/// How a random program says that the library and the model differ.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

namespace model {

/// Whether each operation is to be printed: when a seed is replayed.
// NOLINTNEXTLINE(*-non-const-global-variables): there is one process for each program that runs
inline bool tracing = false;

/// Ends the process: says what differs. Nothing that comes after it would mean anything.
[[noreturn, gnu::cold]] void diverged(std::string_view what) noexcept;
[[noreturn, gnu::cold]] void diverged(std::string_view what, std::int64_t expected,
                                      std::int64_t found) noexcept;

inline void expect(bool holds, std::string_view what) noexcept {
  if (!holds) [[unlikely]]
    diverged(what);
}

template <class Expected, class Found>
void expect_equal(Expected expected, Found found, std::string_view what) noexcept {
  const auto a = static_cast<std::int64_t>(expected);
  const auto b = static_cast<std::int64_t>(found);
  if (a != b) [[unlikely]]
    diverged(what, a, b);
}

/// Prints a line of the story that a replay tells, in the manner of printf.
[[gnu::cold]] void print_note(std::int64_t nanoseconds, const char* format, ...) noexcept;

/// What happens at this point in time. Nothing unless a story is told.
template <class... Args>
void note(std::chrono::nanoseconds time, const char* format, Args... args) noexcept {
  if (tracing) [[unlikely]]
    print_note(time.count(), format, args...);
}

}  // namespace model
