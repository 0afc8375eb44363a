/// Models: short programs that use a part of the library from a few threads, in very many
/// interleavings.
#pragma once

#include <mtaio/interleave/check.hpp>

#include "interleave/in_threads.hpp"

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <thread>
#include <utility>

namespace models {

using interleaved::in_threads;
using mtaio::testing::interleave::Memory;
using mtaio::testing::interleave::Options;
using mtaio::testing::interleave::require;
using mtaio::testing::interleave::Strategy;
using mtaio::testing::interleave::Timeouts;
using Program = std::function<void()>;

/// How many times more interleavings than usual are looked at: MTAIO_INTERLEAVE_SCALE, which may be
/// less than one.
inline double scale() {
  const char* text = std::getenv("MTAIO_INTERLEAVE_SCALE");  // NOLINT(concurrency-mt-unsafe)
  return text != nullptr ? std::strtod(text, nullptr) : 1;
}

/// All interleavings with at most so many preemptions; but no more than so many executions.
inline Options all_with(int preemptions, std::uint64_t most_executions) {
  Options options;
  options.preemptions = preemptions;
  options.most_executions =
      static_cast<std::uint64_t>(static_cast<double>(most_executions) * scale());
  return options;
}

/// All interleavings; but no more than so many executions.
inline Options all(std::uint64_t most_executions) {
  Options options = all_with(0, most_executions);
  options.preemptions.reset();
  return options;
}

/// So many random ones.
inline Options random(std::uint64_t executions) {
  Options options = all(executions);
  options.strategy = Strategy::kRandom;
  return options;
}

/// Looks at the interleavings of the program, none of which may fail, and prints how many there
/// were.
inline void check_model(const char* what, const Program& program, const Options& options) {
  const auto start = std::chrono::steady_clock::now();
  const auto report = mtaio::testing::interleave::check(program, options);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  std::printf("%-58s %9llu executions%s %6.2f s\n", what,
              static_cast<unsigned long long>(report.executions), report.complete ? ", all" : "",
              seconds.count());
  std::fflush(stdout);
  if (!report.failure) return;
  const auto& failure = *report.failure;
  FAIL_CHECK(std::string{what} << ": " << to_string(failure.kind) << ": " << failure.what << "\n"
                               << failure.story << "MTAIO_INTERLEAVE_REPLAY=" << failure.replay);
}

/// Half of the executions choose at random, the other half with few changes of priority.
inline void check_both_ways(const char* what, const Program& program, std::uint64_t executions) {
  check_model(what, program, random(executions / 2));
  Options options = random(executions / 2);
  options.strategy = Strategy::kPct;
  check_model("  by priorities", program, options);
}

}  // namespace models
