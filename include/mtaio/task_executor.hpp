/// Runs tasks: one, several, many at once, in the background, in threads.
#pragma once

#include <mtaio/awaitable.hpp>
#include <mtaio/base/compiler.hpp>
#include <mtaio/exceptions.hpp>
#include <mtaio/executor/operations.hpp>
#include <mtaio/executor/spawned_task.hpp>
#include <mtaio/executor/spawned_tasks.hpp>
#include <mtaio/fan_out/children.hpp>
#include <mtaio/options.hpp>
#include <mtaio/outcome.hpp>
#include <mtaio/task.hpp>
#include <mtaio/task_handle.hpp>
#include <mtaio/thread_pool.hpp>
#include <mtaio/threads/blocking_call.hpp>

#include <functional>
#include <memory>
#include <ranges>
#include <type_traits>
#include <utility>

namespace mtaio {

/// Runs tasks with limits, timeouts and structured cancellation: nothing is ever left running
/// behind the caller's back.
///
///     mtaio::TaskExecutor executor;
///     auto one = co_await executor.run(process_item("data"), {.timeout = 5s});
///     auto all = co_await executor.map(process_item, items, {.limit = 2});
///
/// An executor may be made anywhere; its tasks run on the runtime of the code that awaits or
/// creates them. What the members return starts when it is awaited, and may be kept and moved until
/// then. It is awaited once, because its arguments are moved out of it: a second time throws
/// `std::logic_error`, and so does awaiting what was moved from. Only what `cancel_all()` and
/// `close()` return may be awaited again.
///
/// The destructor asks what `create_task` left running to stop, and waits for it. On a worker,
/// others do the worker's work meanwhile. A task of the executor's may destroy it; that one is not
/// waited for.
///
/// For the members that await tasks:
///
/// Suspends:  until every task that was started has ended.
/// Resumes:   where the last one ended, on the same scheduler.
/// Cancelled: asks the tasks to stop, waits for them, and throws CancelledError; never wrapped.
/// What
///            went wrong while they stopped is nested in it. A CancelledError that nobody asked for
///            is a failure like others.
/// Threads:   any.
/// Lifetime:  lvalue ranges, and what tasks and functions refer to, outlive the operation. The
///            executor is there when an operation of its is awaited; it may go while that runs.
class [[gnu::visibility("default")]] TaskExecutor {
 public:
  /// Functions that block run in the runtime's own thread pool.
  TaskExecutor();
  /// They run in `thread_pool`, which outlives the executor and is never shut down by it.
  explicit TaskExecutor(ThreadPool& thread_pool);
  TaskExecutor(const TaskExecutor&) = delete;
  TaskExecutor& operator=(const TaskExecutor&) = delete;
  ~TaskExecutor();

  /// Runs one task. Throws `TimeoutError` when its time ran out: the task has been asked to stop
  /// and waited for; a timeout of zero or less never starts it. Whatever else it threw comes as the
  /// cause of an `ExecutionError`, an inner `TimeoutError` too. What goes wrong while it is being
  /// stopped is nested in the `TimeoutError`.
  template <Awaitable A>
  auto run(A&& awaitable, RunOptions options = {}) {
    tasks_->check_open("run");
    return internal::RunOperation<await_result_t<A>>{internal::to_task(std::forward<A>(awaitable)),
                                                     options, *tasks_};
  }

  /// Runs every awaitable of a range, and gives a vector of their results in the order of the
  /// range. At the first failure nothing more is started, the running ones are asked to stop and
  /// waited for, and `ExecutionError` is thrown. That holds for tasks of `create_task` too, whose
  /// handles are given.
  template <std::ranges::input_range Range>
    requires Awaitable<std::ranges::range_reference_t<Range>>
  auto gather(Range&& range) {
    return gather_range<false>(internal::NoOptions{}, std::forward<Range>(range));
  }
  template <std::ranges::input_range Range>
    requires Awaitable<std::ranges::range_reference_t<Range>>
  auto gather(Range&& range, GatherOptions options) {
    return gather_range<false>(options, std::forward<Range>(range));
  }
  /// The same, but every one runs to its end, and the result is a vector of `Outcome`s.
  template <std::ranges::input_range Range>
    requires Awaitable<std::ranges::range_reference_t<Range>>
  auto gather(return_exceptions_t, Range&& range, GatherOptions options = {}) {
    return gather_range<true>(options, std::forward<Range>(range));
  }
  /// Runs the awaitables given, and gives a tuple of their results; that of void is
  /// `std::monostate`.
  template <Awaitable... A>
  auto gather(A&&... awaitables) {
    return gather_all<false>(internal::NoOptions{}, std::forward<A>(awaitables)...);
  }
  template <Awaitable... A>
  auto gather(GatherOptions options, A&&... awaitables) {
    return gather_all<false>(options, std::forward<A>(awaitables)...);
  }
  /// The same, but every one runs to its end, and the result is a tuple of `Outcome`s.
  template <Awaitable... A>
  auto gather(return_exceptions_t, A&&... awaitables) {
    return gather_all<true>(internal::NoOptions{}, std::forward<A>(awaitables)...);
  }
  template <Awaitable... A>
  auto gather(return_exceptions_t, GatherOptions options, A&&... awaitables) {
    return gather_all<true>(options, std::forward<A>(awaitables)...);
  }

  /// Calls `func` for every element of a range and gives a vector of the results in the order of
  /// the range. What returns an awaitable is awaited; a plain function runs in the thread pool. The
  /// range is advanced one element at a time, only when a task may start: it may be single-pass or
  /// endless. An exception of the range or of `func` itself is a failure of that element. Failures
  /// are treated as in `gather`.
  template <class Func, std::ranges::input_range Range>
    requires(internal::Mappable<Func, Range> && !internal::UnsafeClosure<Func>)
  auto map(Func&& func, Range&& range) {
    return map_ranges<false>(internal::NoOptions{}, std::forward<Func>(func),
                             std::forward<Range>(range));
  }
  template <class Func, std::ranges::input_range Range>
    requires(internal::Mappable<Func, Range> && !internal::UnsafeClosure<Func>)
  auto map(Func&& func, Range&& range, MapOptions options) {
    return map_ranges<false>(options, std::forward<Func>(func), std::forward<Range>(range));
  }
  /// The same for `func(a, b)` over two ranges in step, as long as the shorter one.
  template <class Func, std::ranges::input_range Range1, std::ranges::input_range Range2>
    requires(internal::Mappable<Func, Range1, Range2> && !internal::UnsafeClosure<Func>)
  auto map(Func&& func, Range1&& range1, Range2&& range2, MapOptions options = {}) {
    return map_ranges<false>(options, std::forward<Func>(func), std::forward<Range1>(range1),
                             std::forward<Range2>(range2));
  }
  /// The same, but every one runs to its end, and the result is a vector of `Outcome`s.
  template <class Func, std::ranges::input_range Range>
    requires internal::Mappable<Func, Range>
  auto map(return_exceptions_t, Func&& func, Range&& range, MapOptions options = {}) {
    return map_ranges<true>(options, std::forward<Func>(func), std::forward<Range>(range));
  }
  template <class Func, std::ranges::input_range Range1, std::ranges::input_range Range2>
    requires internal::Mappable<Func, Range1, Range2>
  auto map(return_exceptions_t, Func&& func, Range1&& range1, Range2&& range2,
           MapOptions options = {}) {
    return map_ranges<true>(options, std::forward<Func>(func), std::forward<Range1>(range1),
                            std::forward<Range2>(range2));
  }

  /// Calls `func(args...)` in a thread of the pool and gives its result; an exception comes as the
  /// cause of an `ExecutionError`. A function whose first parameter is a `StopToken` gets one that
  /// says when to give up. Function and arguments are copied or moved in; `std::ref` what is to be
  /// shared.
  ///
  /// Suspends:  until the function has returned, because it may use the caller's variables.
  /// Resumes:   on the caller's own scheduler.
  /// Cancelled: a function that has not started never starts, and CancelledError is thrown. One
  /// that
  ///            runs is waited for, and what it returns is returned.
  /// Threads:   any.
  /// Lifetime:  what the arguments refer to outlives the operation.
  template <class Func, class... Args>
    requires(internal::Callable<std::decay_t<Func>, std::decay_t<Args>...> &&
             !internal::UnsafeClosure<Func>)
  auto run_in_thread(Func&& func, Args&&... args) {
    return call_in_thread(std::forward<Func>(func), std::forward<Args>(args)...);
  }

  /// Starts a task that runs on its own. It is asked to stop when the executor goes, and when the
  /// run ends. Throws `std::logic_error` outside a task.
  template <class T>
  TaskHandle<T> create_task(Task<T> task) {
    tasks_->check_open("create_task");
    if (!task) internal::throw_no_task("create_task(Task)");
    return TaskHandle<T>{
        internal::SpawnedTaskOf<T>::create(std::move(task), internal::current_task_root(), tasks_)};
  }

  /// Asks every task that `create_task` started and that still runs to stop, and waits for them.
  /// New ones may be created meanwhile and are left alone.
  ///
  /// Suspends:  until those tasks have ended.
  /// Resumes:   on the caller's own scheduler.
  /// Cancelled: throws CancelledError; the tasks stay asked. Called by one of those tasks it asks
  ///            that one too.
  /// Threads:   any.
  /// Lifetime:  the executor outlives the operation.
  internal::StopTasks cancel_all() { return internal::StopTasks{*tasks_, false}; }

  /// The same, and the executor takes no more work: using it from then on throws
  /// `std::logic_error`. What the destructor does, without holding the worker.
  internal::StopTasks close() { return internal::StopTasks{*tasks_, true}; }

  // The same again for closures that GCC before 13 destroys twice when they are temporaries inside
  // co_await; these overloads are chosen for those only, and warn.
  template <internal::UnsafeClosure Func, class... Args>
    requires internal::Callable<Func, std::decay_t<Args>...>
  [[deprecated(
      "GCC before 13 destroys a temporary closure with such captures twice inside co_await: give "
      "it "
      "a name and move that, or pass a function and its arguments (docs/compilers.md)")]]
  auto run_in_thread(Func&& func, Args&&... args) {
    return call_in_thread(std::forward<Func>(func), std::forward<Args>(args)...);
  }
  template <internal::UnsafeClosure Func, std::ranges::input_range Range>
    requires internal::Mappable<Func, Range>
  [[deprecated(
      "GCC before 13 destroys a temporary closure with such captures twice inside co_await: give "
      "it "
      "a name and move that, or pass a function and its arguments (docs/compilers.md)")]]
  auto map(Func&& func, Range&& range, MapOptions options = {}) {
    return map_ranges<false>(options, std::forward<Func>(func), std::forward<Range>(range));
  }
  template <internal::UnsafeClosure Func, std::ranges::input_range Range1,
            std::ranges::input_range Range2>
    requires internal::Mappable<Func, Range1, Range2>
  [[deprecated(
      "GCC before 13 destroys a temporary closure with such captures twice inside co_await: give "
      "it "
      "a name and move that, or pass a function and its arguments (docs/compilers.md)")]]
  auto map(Func&& func, Range1&& range1, Range2&& range2, MapOptions options = {}) {
    return map_ranges<false>(options, std::forward<Func>(func), std::forward<Range1>(range1),
                             std::forward<Range2>(range2));
  }

 private:
  template <class Func, class... Args>
  auto call_in_thread(Func&& func, Args&&... args) {
    tasks_->check_open("run_in_thread");
    using Bound = internal::BoundCall<std::decay_t<Func>, std::decay_t<Args>...>;
    return internal::ThreadOperation<Bound>{
        Bound{std::in_place, std::forward<Func>(func), std::forward<Args>(args)...}, thread_pool_,
        *tasks_};
  }

  template <bool kOutcomes, class Options, class Range>
  auto gather_range(const Options& options, Range&& range) {
    tasks_->check_open("gather");
    using Children = internal::GatheredChildren<std::views::all_t<Range>>;
    using Chosen = std::conditional_t<Children::kRunAlready, internal::JoinOptions, Options>;
    return internal::RangeOperation<Chosen, Children, kOutcomes>{
        Children{internal::ElementSource<std::views::all_t<Range>>::of(std::forward<Range>(range))},
        Chosen{options}, *tasks_};
  }

  template <bool kOutcomes, class Options, class... A>
  auto gather_all(const Options& options, A&&... awaitables) {
    const internal::SpawnedTasks& executor = *tasks_;
    executor.check_open("gather");
    if constexpr ((internal::Joinable<A> || ...)) {
      return internal::TupleOperation<internal::JoinOptions, kOutcomes, await_result_t<A>...>{
          internal::TaskTuple<await_result_t<A>...>{
              internal::to_child_among_joined(std::forward<A>(awaitables))...},
          internal::JoinOptions{options}, executor};
    } else {
      return internal::TupleOperation<Options, kOutcomes, await_result_t<A>...>{
          internal::TaskTuple<await_result_t<A>...>{
              internal::to_task(std::forward<A>(awaitables))...},
          options, executor};
    }
  }

  template <bool kOutcomes, class Options, class Func, class... Range>
  auto map_ranges(const Options& options, Func&& func, Range&&... range) {
    tasks_->check_open("map");
    using Children = internal::MappedChildren<std::decay_t<Func>, std::views::all_t<Range>...>;
    return internal::RangeOperation<Options, Children, kOutcomes>{
        Children{std::forward<Func>(func),
                 internal::SourceOf<Range...>::of(std::forward<Range>(range)...), thread_pool_},
        options, *tasks_};
  }

  std::shared_ptr<internal::SpawnedTasks> tasks_;
  ThreadPool* thread_pool_ = nullptr;  // null: the runtime's
};

}  // namespace mtaio
