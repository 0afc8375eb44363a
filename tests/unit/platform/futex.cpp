#include "platform/futex.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>

using namespace std::chrono_literals;
using mtaio::platform::Deadline;
using mtaio::platform::futex_wait;

// These come back at all, or the test case hangs.

TEST_CASE("futex: a wait for a word with another value returns immediately, and leaves errno") {
  const std::atomic<std::uint32_t> word{1};
  errno = ERANGE;
  futex_wait(word, 0);
  CHECK(errno == ERANGE);
  CHECK(word == 1);
}

TEST_CASE("futex: a deadline that has passed is not waited for, nor one before the clock began") {
  const std::atomic<std::uint32_t> word{1};
  futex_wait(word, 1, std::chrono::steady_clock::now() - 1ms);
  futex_wait(word, 1, Deadline{});
  futex_wait(word, 1, Deadline{-1h});
  futex_wait(word, 1, Deadline::min());
  CHECK(word == 1);
}
