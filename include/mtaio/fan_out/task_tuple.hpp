/// The tasks of a `gather`.
#pragma once

#include <mtaio/task.hpp>

#include <cstddef>
#include <utility>

namespace mtaio::internal {

/// Aligned so that two tasks are not adjacent. Otherwise the compiler moves both with one load, and
/// that load waits until both have reached the cache, because each was just stored separately.
template <std::size_t kIndex, class T>
struct alignas(2 * sizeof(void*)) TaskInTuple {
  Task<T> task;
};

template <class Indices, class... T>
class TasksInTuple;

/// Like `std::tuple`, but its destructor is inlined even on the path of an exception. A call would
/// keep the tasks in memory all the way from the function that makes them.
template <class... T>
using TaskTuple = TasksInTuple<std::index_sequence_for<T...>, T...>;

template <std::size_t... kIndices, class... T>
class TasksInTuple<std::index_sequence<kIndices...>, T...> : TaskInTuple<kIndices, T>... {
 public:
  explicit TasksInTuple(Task<T>... tasks) noexcept
      : TaskInTuple<kIndices, T>{std::move(tasks)}... {}
  TasksInTuple(TasksInTuple&&) noexcept = default;
  TasksInTuple& operator=(TasksInTuple&&) = delete;
  [[gnu::always_inline]] ~TasksInTuple() = default;

  template <std::size_t kIndex>
  [[nodiscard]] auto& get() noexcept {
    return nth<kIndex>(*this);
  }

  /// Calls `func` with each task.
  template <class Func>
  void for_each([[maybe_unused]] Func func) {
    (func(TaskInTuple<kIndices, T>::task), ...);
  }

 private:
  template <std::size_t kIndex, class U>
  static Task<U>& nth(TaskInTuple<kIndex, U>& element) noexcept {
    return element.task;
  }
};

}  // namespace mtaio::internal
