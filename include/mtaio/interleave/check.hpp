/// Checks lock-free code: runs a small program in very many interleavings, under a chosen memory
/// model.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <source_location>
#include <string>
#include <string_view>

namespace mtaio::testing::interleave {

/// What a load may return.
enum class Memory : std::uint8_t {
  /// Whatever C++20 allows. That a load reads a store which is executed later is looked for if
  /// `Options::load_buffering` says so.
  kCpp20,
  /// Store buffers, as x86 has them. Data races on plain memory are not looked for.
  kX86,
  /// Always the latest store.
  kSequential,
};

/// How the next interleaving is found.
enum class Strategy : std::uint8_t {
  /// Depth first. Ends when all have been run.
  kExhaustive,
  /// Each choice at random.
  kRandom,
  /// Threads have random priorities, which change at a few random moments. Finds faults that need
  /// few such moments with a probability that can be computed (Burckhardt et al. 2010).
  kPct,
};

/// When a wait with a deadline ends because the deadline has passed.
enum class Timeouts : std::uint8_t {
  kNever,
  /// When no thread can go on: then virtual time jumps to the earliest deadline.
  kWhenIdle,
  /// At any time: it is a choice like any other.
  kAnyTime,
};

struct Options {
  Memory memory = Memory::kCpp20;
  Strategy strategy = Strategy::kExhaustive;
  /// Exhaustive: at most so many switches away from a thread that could have gone on. With no
  /// bound, partial-order reduction leaves out interleavings that differ in nothing.
  std::optional<int> preemptions{};
  /// PCT: at how many moments priorities change, plus one.
  int depth = 3;
  /// Ends the check, even if there are more interleavings.
  std::uint64_t most_executions = 100'000;
  /// Ends the check, likewise; zero for no limit. It is looked at between executions.
  std::chrono::milliseconds most_time{0};
  /// Random and PCT: the first execution's seed; each following execution has the next one.
  std::uint64_t first_seed = 1;
  /// An execution of more visible operations than this is a livelock.
  std::size_t most_steps = 20'000;
  Timeouts timeouts = Timeouts::kWhenIdle;
  /// With C++20 memory and all interleavings: a load may read a store that is executed later. The
  /// program is explored a second time. A failure that is found then cannot be replayed.
  bool load_buffering = false;
  /// A futex may wake a thread for no reason.
  bool spurious_wake_ups = false;
  /// Whether blocks that the program allocates and does not free are a failure.
  bool leaks = true;
  /// What a failure printed: runs that interleaving alone. The environment variable
  /// MTAIO_INTERLEAVE_REPLAY, if set, is used instead.
  std::string replay{};
};

enum class FailureKind : std::uint8_t {
  /// `require()` was called with false, or `assert()`.
  kAssertion,
  /// An exception that was not caught, `std::terminate()`, `abort()`, `exit()`; or an access to
  /// what is not memory, such as the end of a full stack.
  kTerminated,
  kDataRace,
  kUseAfterFree,
  kOutOfBounds,
  kBadFree,
  kLeak,
  /// No thread can go on, and one of them sleeps in a futex or a condition variable.
  kLostWakeUp,
  /// No thread can go on.
  kDeadlock,
  /// The threads go on without end, or one of them does.
  kLivelock,
  /// The program does what the checker cannot model, or what is never allowed, like unlocking
  /// another thread's mutex.
  kMisuse,
};

/// The kind in words, like "data race".
[[nodiscard]] std::string_view to_string(FailureKind kind) noexcept;

struct Failure {
  FailureKind kind{};
  /// One line.
  std::string what;
  /// What each thread did until then, a line for each operation.
  std::string story;
  /// For `Options::replay`.
  std::string replay;
};

struct Report {
  std::uint64_t executions = 0;
  /// Whether all interleavings have been run: exhaustive, and not ended by a limit.
  bool complete = false;
  std::optional<Failure> failure;
};

/// Runs `program` in one interleaving after the other, until one fails. The program starts threads,
/// joins them, and calls `require()`; it must do the same when its threads are interleaved alike.
///
/// The program and the code that it checks are compiled with `-fsanitize=thread` and linked with
/// this library instead of the sanitizer's. One check runs at a time in a process.
Report check(const std::function<void()>& program, const Options& options = {});

/// All strings that `program` returns in one interleaving or another; for executions that fail, the
/// kind of the failure, as in "failure: data race".
std::set<std::string> outcomes(const std::function<std::string()>& program,
                               const Options& options = {});

/// Ends the execution as a failure unless `condition`. In a program that is not being checked:
/// aborts.
void require(bool condition, const char* what,
             std::source_location where = std::source_location::current());

/// Adds a line to the story.
void note(std::string_view line);

}  // namespace mtaio::testing::interleave
