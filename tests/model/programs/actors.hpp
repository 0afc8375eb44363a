/// A handful of tasks that do something at random, as one simulated program.
#pragma once

#include <mtaio/exceptions.hpp>
#include <mtaio/sleep.hpp>
#include <mtaio/task.hpp>
#include <mtaio/task_executor.hpp>
#include <mtaio/testing/simulation.hpp>

#include "model/explore/check.hpp"
#include "model/explore/program.hpp"
#include "model/programs/item.hpp"
#include "model/programs/scope.hpp"
#include "model/reference/wait.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace model {

/// The base of programs whose tasks share one object. Derived classes say what the tasks do.
class Actors : public RandomProgram, private mtaio::testing::StepObserver {
 public:
  void run(std::uint64_t seed) final;

  // What the parts of a program do something with.

  /// A number below `count`.
  std::size_t choose(std::size_t count) { return simulation_.choose(count); }
  /// Once in `times`.
  bool seldom(std::size_t times) { return choose(times) == 0; }
  [[nodiscard]] Time now() const noexcept { return simulation_.elapsed(); }
  /// A point in time that is soon and that nothing else is due at, so that it is known what a
  /// timer has ended.
  Time soon();
  /// Sleeps for a while, or only lets others run.
  mtaio::Task<void> sleep(std::size_t actor);
  /// Asks an actor to stop.
  void stop(std::size_t actor);

  /// Awaits an operation that has been begun, and compares how it ended. If it has a deadline, the
  /// executor sees to that, unless the operation does itself.
  template <class Operation>
  mtaio::Task<void> finish(std::size_t actor, Operation& operation, bool with_executor = true) {
    const Time deadline = waits_[actor].deadline;
    End end = End::kNone;
    try {
      if (deadline == kNever || !with_executor) {
        end = co_await operation;
      } else {
        end = co_await executor_.run(operation, {.timeout = deadline - now()});
      }
    } catch (const mtaio::CancelledError&) {
      end = End::kCancelled;
    } catch (const mtaio::TimeoutError&) {
      end = End::kTimedOut;
    } catch (const mtaio::QueueShutDown&) {
      end = End::kShutDown;
    } catch (const MoveFailed&) {
      end = End::kFailed;
    } catch (const mtaio::ExecutionError& error) {
      end = end_of(error);
    }
    went_on(actor, end);
  }

  Waits& waits() noexcept { return waits_; }
  mtaio::TaskExecutor& executor() noexcept { return executor_; }

  /// What happens, in the story of a replay.
  template <class... Args>
  void note(const char* format, Args... args) const noexcept {
    model::note(now(), format, args...);
  }

 protected:
  Actors();

  // What a derived class does.

  /// Makes the object, from the seed.
  virtual void set_up() = 0;
  /// One operation of an actor.
  virtual mtaio::Task<void> act(std::size_t actor) = 0;
  /// A step is over: compares what can be seen of the object with the model.
  virtual void compare() noexcept = 0;
  /// Nothing happens any more: lets some of the waiting actors continue, or none.
  virtual void let_go() = 0;
  /// All tasks have ended.
  virtual void tear_down() = 0;

 private:
  static End end_of(const mtaio::ExecutionError& error);

  mtaio::Task<void> main();
  mtaio::Task<void> scoped(std::size_t actor);
  mtaio::Task<void> script(std::size_t actor);
  mtaio::Task<void> control();
  void went_on(std::size_t actor, End end) noexcept;
  void after(mtaio::testing::Step step) noexcept final;

  mtaio::testing::Simulation simulation_;
  Waits waits_;
  mtaio::TaskExecutor executor_;
  std::array<Scope, kActors> scopes_;
  std::array<bool, kActors> interrupted_{};  // an operation was cancelled, or its time ran out
  std::int64_t moments_ = 0;                 // that soon() has given so far
  std::size_t running_ = 0;                  // actors
};

}  // namespace model
