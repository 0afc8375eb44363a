/// Small programs whose outcomes are known.
#pragma once

#include <mtaio/interleave/check.hpp>

#include "interleave/in_threads.hpp"

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <functional>
#include <set>
#include <string>
#include <thread>
#include <utility>

namespace litmus {

using interleaved::in_threads;
using mtaio::testing::interleave::FailureKind;
using mtaio::testing::interleave::Memory;
using mtaio::testing::interleave::Options;

using Order = std::memory_order;
inline constexpr Order kRelaxed = std::memory_order_relaxed;
inline constexpr Order kAcquire = std::memory_order_acquire;
inline constexpr Order kRelease = std::memory_order_release;
inline constexpr Order kAcqRel = std::memory_order_acq_rel;
inline constexpr Order kSeqCst = std::memory_order_seq_cst;

/// The values that a program has seen, as in "01".
template <class... Values>
std::string seen(Values... values) {
  return (std::to_string(values) + ...);
}

using Program = std::function<std::string()>;
using Outcomes = std::set<std::string>;

/// All outcomes of the program, each of which must occur in an interleaving or another.
inline Outcomes outcomes_of(const Program& program, Memory memory) {
  Options options;
  options.memory = memory;
  options.most_executions = 1'000'000;
  return mtaio::testing::interleave::outcomes(program, options);
}

/// The kind of the failure that is found in the program; "none" if all its interleavings are right,
/// "none so far" if not all of them were looked at.
inline std::string failure_of(const std::function<void()>& program, Options options = {}) {
  const auto report = mtaio::testing::interleave::check(program, options);
  if (report.failure) return std::string{to_string(report.failure->kind)};
  return report.complete ? "none" : "none so far";
}

inline std::string failure_of(const std::function<void()>& program, Memory memory) {
  Options options;
  options.memory = memory;
  options.most_executions = 1'000'000;
  options.most_steps = 2'000;
  return failure_of(program, options);
}

}  // namespace litmus

template <>
struct doctest::StringMaker<litmus::Outcomes> {
  static String convert(const litmus::Outcomes& outcomes) {
    std::string all;
    for (const std::string& outcome : outcomes) all += (all.empty() ? "" : " ") + outcome;
    return all.c_str();
  }
};
