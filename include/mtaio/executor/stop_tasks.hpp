/// The operations of `TaskExecutor::cancel_all` and `close`.
#pragma once

#include <mtaio/executor/spawned_tasks.hpp>

#include <coroutine>

namespace mtaio::internal {

/// Asks the spawned tasks to stop, and waits until they have ended. May be awaited again.
class [[nodiscard, gnu::visibility("default")]] StopTasks {
 public:
  StopTasks(SpawnedTasks& tasks, bool close) noexcept : tasks_{&tasks}, close_{close} {}

  class Awaiter;
  Awaiter operator co_await() const noexcept;

 private:
  SpawnedTasks* tasks_;
  bool close_;
};

class [[gnu::visibility("default")]] StopTasks::Awaiter {
 public:
  using resumes_at_home = void;

  Awaiter(SpawnedTasks& tasks, bool close) noexcept : tasks_{tasks}, close_{close} {}

  [[nodiscard]] bool await_ready() noexcept;
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> awaiting) {
    drain_.prepare(awaiting);
    return tasks_.enlist(drain_);
  }
  void await_resume();

 private:
  SpawnedTasks& tasks_;
  bool close_;
  SpawnedTasks::Drain drain_;
};

inline StopTasks::Awaiter StopTasks::operator co_await() const noexcept {
  return Awaiter{*tasks_, close_};
}

}  // namespace mtaio::internal
