/// The operations that members of `TaskExecutor` return. They start when they are awaited.
#pragma once

#include <mtaio/base/single_use.hpp>
#include <mtaio/exceptions.hpp>
#include <mtaio/executor/spawned_tasks.hpp>
#include <mtaio/fan_out/kept_range.hpp>
#include <mtaio/fan_out/mapped_children.hpp>
#include <mtaio/fan_out/mapped_items.hpp>
#include <mtaio/fan_out/range.hpp>
#include <mtaio/fan_out/source.hpp>
#include <mtaio/fan_out/task_tuple.hpp>
#include <mtaio/fan_out/tuple.hpp>
#include <mtaio/options.hpp>
#include <mtaio/task.hpp>
#include <mtaio/threads/bound_function.hpp>
#include <mtaio/threads/thread_awaiter.hpp>
#include <mtaio/timeout/timed_task.hpp>

#include <coroutine>
#include <cstdint>
#include <exception>
#include <type_traits>
#include <utility>

namespace mtaio::internal {

/// A function that `map` can call with the elements of the ranges.
template <class Func, class... Range>
concept Mappable = AsyncOver<std::decay_t<Func>, Kept<Range>...> ||
                   Callable<std::decay_t<Func>&, KeptElement<Kept<Range>>...>;

/// Throws an `ExecutionError` whose cause is `error`. If `scope` was asked to stop and `error` is a
/// `CancelledError`, throws `error` itself.
[[noreturn, gnu::visibility("default")]] void throw_execution_error(
    lowlevel::StopScope* scope, const std::exception_ptr& error);

/// `TaskExecutor::run`
template <class T>
class [[nodiscard]] RunOperation {
 public:
  RunOperation(Task<T> task, const RunOptions& options, const SpawnedTasks& executor)
      : task_{std::move(task)}, options_{options}, executor_{&executor} {}

  class Awaiter : private TimedTask<T> {
   public:
    using resumes_at_home = void;

    Awaiter(Task<T> task, const RunOptions& options)
        : TimedTask<T>{std::move(task), options.timeout} {}
    [[nodiscard]] bool await_ready() const {
      this->check_task("co_await run()");
      return this->is_too_late();
    }
    using TimedTask<T>::await_suspend;
    T await_resume() {
      if (!this->succeeded()) [[unlikely]]
        fail();
      return this->result().take_value();
    }

   private:
    [[noreturn]] void fail() {
      this->throw_if_cut_off();
      throw_execution_error(this->scope(), this->result().error());
    }
  };

  Awaiter operator co_await() {
    executor_->check_open("run");
    return Awaiter{std::move(task_), options_};
  }

 private:
  Task<T> task_;
  RunOptions options_;
  const SpawnedTasks* executor_;
};

/// `TaskExecutor::gather` of a range and `map`. `FanOut` is made of the children and the options.
template <class FanOut, class Options, class Children>
class [[nodiscard]] FanOutOperation {
 public:
  FanOutOperation(Children&& children, const Options& options, const SpawnedTasks& executor)
      : children_(std::move(children)), options_{options}, executor_{&executor} {}

  FanOut operator co_await() {
    executor_->check_open(Children::kCall);
    use_.use(Children::kCall);
    return {std::move(children_), options_};
  }

 private:
  SingleUse use_;
  Children children_;
  [[no_unique_address]] Options options_;
  const SpawnedTasks* executor_;
};

template <class Options, class Children, bool kOutcomes>
using RangeOperation =
    FanOutOperation<RangeFanOut<Options, Children, kOutcomes>, Options, Children>;
template <class Options, class Children, bool kOutcomes>
using SourceOperation =
    FanOutOperation<SourceFanOut<Options, Children, kOutcomes>, Options, Children>;

/// `TaskExecutor::gather` of awaitables
template <class Options, bool kOutcomes, class... T>
class [[nodiscard]] TupleOperation {
 public:
  TupleOperation(TaskTuple<T...>&& tasks, const Options& options, const SpawnedTasks& executor)
      : tasks_{std::move(tasks)}, options_{options}, executor_{&executor} {}
  TupleOperation(TupleOperation&&) noexcept = default;
  TupleOperation& operator=(TupleOperation&&) = delete;
  // Forced for the same reason as the destructor of TaskTuple.
  [[gnu::always_inline]] ~TupleOperation() = default;

  [[gnu::always_inline]] TupleFanOut<Options, kOutcomes, T...> operator co_await() {
    return {std::move(tasks_), options_, [this] { executor_->check_open("gather"); }};
  }

 private:
  TaskTuple<T...> tasks_;
  [[no_unique_address]] Options options_;
  const SpawnedTasks* executor_;
};

/// `TaskExecutor::run_in_thread`
template <class Bound>
class [[nodiscard]] ThreadOperation {
  using Result = typename Bound::Result;

 public:
  ThreadOperation(Bound&& bound, lowlevel::BlockingPool* pool, const SpawnedTasks& executor)
      : bound_(std::move(bound)), pool_{pool}, executor_{&executor} {}

  class Awaiter : private ThreadAwaiter<Bound> {
   public:
    using resumes_at_home = void;

    using ThreadAwaiter<Bound>::ThreadAwaiter;
    using ThreadAwaiter<Bound>::await_ready;
    using ThreadAwaiter<Bound>::await_suspend;
    Result await_resume() {
      try {
        return ThreadAwaiter<Bound>::await_resume();
      } catch (...) {
        throw_execution_error(this->scope(), std::current_exception());
      }
    }
  };

  Awaiter operator co_await() {
    executor_->check_open("run_in_thread");
    use_.use("run_in_thread");
    return Awaiter{std::move(bound_), pool_};
  }

 private:
  SingleUse use_;
  Bound bound_;
  lowlevel::BlockingPool* pool_;
  const SpawnedTasks* executor_;
};

}  // namespace mtaio::internal
