/// The tasks of a `gather`.
#pragma once

#include <mtaio/task.hpp>

#include <cstddef>
#include <utility>

namespace mtaio::internal {

/// Not side by side, or two would be moved at once: a load of both waits until both have got from
/// the processor's store buffer to its cache, because each has just been written by itself.
template <std::size_t kIndex, class T>
struct alignas(2 * sizeof(void*)) TaskInTuple {
  Task<T> task;
};

template <class Indices, class... T>
class TasksInTuple;

/// Like `std::tuple`, but whose destructor is inlined even where an exception is under way: if it
/// were called, the tasks would have to be in memory, all the way from the function that made them.
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

  /// Calls `func` with each of them.
  template <class Func>
  void for_each([[maybe_unused]] Func func) {
    (func(TaskInTuple<kIndices, T>::task), ...);
  }

 private:
  template <std::size_t kIndex, class U>
  static Task<U>& nth(TaskInTuple<kIndex, U>& of) noexcept {
    return of.task;
  }
};

}  // namespace mtaio::internal
