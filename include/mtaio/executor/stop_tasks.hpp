/// The operations of `TaskExecutor::cancel_all` and `close`.
#pragma once

#include <mtaio/executor/spawned_tasks.hpp>
#include <mtaio/lowlevel/awaiter.hpp>

#include <cstdint>

namespace mtaio::internal {

/// The end of the spawned tasks of an executor, which are asked to stop when it is awaited.
class [[gnu::visibility("default")]] EndOfTasks {
 public:
  EndOfTasks(SpawnedTasks& tasks, bool close) noexcept : tasks_{&tasks}, close_{close} {}

  // For the awaiter.

  [[nodiscard]] bool ready() noexcept;
  bool enlist(SpawnedTasks::Drain& drain) noexcept {
    drain.last = last_;
    return tasks_->enlist(drain);
  }
  void forget(SpawnedTasks::Drain& drain) noexcept { tasks_->forget(drain); }

 private:
  SpawnedTasks* tasks_;
  bool close_;
  // The number of the youngest task that was asked to stop.
  std::uint64_t last_ = 0;
};

/// Asks the spawned tasks to stop, and waits until they have ended. May be awaited again.
using StopTasks = lowlevel::WaitOperation<EndOfTasks, SpawnedTasks::Drain>;

}  // namespace mtaio::internal
