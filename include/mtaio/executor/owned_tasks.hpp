/// Owns the tasks of an executor, or of a stream.
#pragma once

#include <mtaio/executor/spawned_tasks.hpp>

namespace mtaio::internal {

/// The destructor asks the tasks to stop and waits for them, as that of `TaskExecutor` does.
class [[gnu::visibility("default")]] OwnedTasks {
 public:
  OwnedTasks();
  OwnedTasks(const OwnedTasks&) = delete;
  OwnedTasks& operator=(const OwnedTasks&) = delete;
  ~OwnedTasks();

  SpawnedTasks& operator*() const noexcept { return *tasks_; }
  SpawnedTasks* operator->() const noexcept { return tasks_; }

 private:
  SpawnedTasks* const tasks_;
};

}  // namespace mtaio::internal
