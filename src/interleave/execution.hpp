/// One run of the program: its threads, and who of them goes on.
#pragma once

#include "interleave/fairness.hpp"
#include "interleave/fiber.hpp"
#include "interleave/memory_model.hpp"
#include "interleave/operation.hpp"
#include "interleave/recorder.hpp"
#include "interleave/story.hpp"
#include "interleave/waiting.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace mtaio::testing::interleave {

/// How an execution has ended.
struct Ending {
  enum class Result : std::uint8_t {
    kDone,
    /// It was given up, because what follows is explored elsewhere.
    kRedundant,
    kFailed,
  };
  Result result = Result::kDone;
  FailureKind kind{};
  std::string what{};
  /// Where; and the other place, if there are two.
  Site site = nullptr;
  Site other = nullptr;
};

enum class Wait : std::uint8_t { kFutex, kCondition, kSleep };

/// One run of the program after the other. Each thread is a fiber. Before a visible operation a
/// thread announces it, and the strategy says who makes the next step.
class Execution {
 public:
  Execution(Recorder& recorder, MemoryModel& memory, const Options& options, const Host& host);

  /// Runs the program once. Called on the OS thread's own stack.
  Ending run(const std::function<void()>& program);

  // The rest is called on the stack of the current thread.

  [[nodiscard]] int current() const noexcept { return current_; }
  /// How many threads have been made.
  [[nodiscard]] int threads() const noexcept { return count_; }
  /// Announces an operation, and returns when it is to be made, as a step of its own.
  Event& step(const Operation& operation);
  /// The number of the step that is being made.
  [[nodiscard]] std::size_t step_number() const noexcept { return steps_ - 1; }

  /// Puts the thread to sleep until it is woken. Returns 0, ETIMEDOUT or EINTR.
  int sleep(Wait why, Address queue, std::optional<std::int64_t> deadline, Site site);
  /// Wakes the first thread of the queue. Returns false if there is none.
  bool wake(Address queue);
  /// The thread waits for another one's step: it has said so, or it spins.
  void yield();
  /// Whether the thread, which spins, goes on before others do, for one of many rounds or, if it
  /// calls sched_yield(), one of a few. Code that spins for a limited time
  /// and then blocks would otherwise be seen to block only when no other thread can go on. In
  /// exhaustive checks none does, because there would be too many interleavings.
  [[nodiscard]] bool is_patient(bool yields = false);
  /// The thread has read a value; notices that it spins.
  void note_read(Site site, Address address, std::uint64_t value);
  /// Notices a loop that has no end and no visible operation.
  void count_plain_access(Site site) {
    constexpr std::size_t kMostPlainAccesses = 20'000'000;
    if (++plain_accesses_ == kMostPlainAccesses)
      fail(FailureKind::kLivelock,
           "the thread goes on after " + std::to_string(kMostPlainAccesses) +
               " accesses to plain memory, and no other operation",
           site);
  }
  /// The thread has done something that spinning threads do not.
  void note_progress() { thread().spin.progress(); }

  [[nodiscard]] int create(void* (*start)(void*), void* argument, Site site);
  void* join(int number, Site site);

  /// A call of the clock takes some virtual time.
  [[nodiscard]] std::int64_t now() noexcept;
  /// Whether the address is in the stack of another thread, in a part that is not in use now.
  [[nodiscard]] bool is_gone(Address address) const noexcept;
  /// The thread in whose stack an address is; `kNoThread` if in none.
  [[nodiscard]] int owner_of_stack(Address address) const noexcept;

  [[noreturn]] void fail(FailureKind kind, std::string what, Site site, Site other = nullptr);

  Waiting waiting;
  Story story;

 private:
  enum class State : std::uint8_t { kReady, kAsleep, kEnded };
  struct Thread {
    State state = State::kReady;
    void* (*start)(void*) = nullptr;
    void* argument = nullptr;
    void* returned = nullptr;
    /// Before the next operation, the latest stores become visible.
    bool yielded = false;
    /// In its stack, what lies below this is gone, or the engine's.
    Address frame = 0;
    SpinWatch spin;
    /// For how many more rounds the thread spins before others go on; decided when it first spins.
    std::optional<int> patience;
    /// What happened before it started, and before it ended.
    View started;
    View ended;
    // While it is asleep, and after:
    Wait why{};
    std::optional<std::int64_t> deadline;
    /// This happens once in an execution, so that a loop ends.
    bool woken_spuriously = false;
    int result = 0;
  };

  [[nodiscard]] Thread& thread() noexcept { return threads_[static_cast<std::size_t>(current_)]; }
  [[nodiscard]] Operation& next(int actor) noexcept {
    return next_[static_cast<std::size_t>(actor)];
  }
  int add_thread(void* (*start)(void*), void* argument, Site site);
  static void run_thread(void* execution);
  void end_thread(void* returned);

  void switch_threads();
  [[nodiscard]] Actors enabled_actors();
  [[nodiscard]] bool may_time_out(const Thread& sleeper, bool idle) const noexcept;
  [[nodiscard]] bool may_wake_spuriously(const Thread& sleeper) const noexcept;
  [[nodiscard]] bool is_enabled(const Thread& each, const Operation& operation, int number);
  [[nodiscard]] Actors earliest_sleepers() const;
  [[nodiscard]] Moment moment(Actors enabled, bool idle);
  void stop_sleeping(Thread& sleeper, int number, bool idle);
  void drain(int number);
  void go_to(int number);
  [[noreturn]] void finish();
  [[noreturn]] void fail_stuck();
  [[noreturn]] void leave(Ending ending);

  Recorder& recorder_;
  MemoryModel& memory_;
  const Options& options_;
  const Host& host_;
  Context context_;
  std::array<Fiber, kMostThreads> fibers_;
  std::array<Thread, kMostThreads> threads_;
  /// What each actor is about to do.
  std::array<Operation, kMostActors> next_;
  Fairness fairness_;
  const std::function<void()>* program_ = nullptr;
  int count_ = 0;
  int current_ = 0;
  std::size_t steps_ = 0;
  /// Since the last step.
  std::size_t plain_accesses_ = 0;
  std::int64_t now_ = 0;
  Ending ending_;
};

}  // namespace mtaio::testing::interleave
