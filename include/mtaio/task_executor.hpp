/// Runs tasks: one, several, many concurrently, in the background, in threads.
#pragma once

#include <mtaio/async_source.hpp>
#include <mtaio/awaitable.hpp>
#include <mtaio/base/compiler.hpp>
#include <mtaio/base/ranges.hpp>
#include <mtaio/exceptions.hpp>
#include <mtaio/executor/operations.hpp>
#include <mtaio/executor/owned_tasks.hpp>
#include <mtaio/executor/spawned_task.hpp>
#include <mtaio/executor/spawned_tasks.hpp>
#include <mtaio/executor/stop_tasks.hpp>
#include <mtaio/executor/stream_run.hpp>
#include <mtaio/fan_out/gathered_children.hpp>
#include <mtaio/fan_out/kept_range.hpp>
#include <mtaio/fan_out/mapped_children.hpp>
#include <mtaio/fan_out/mapped_items.hpp>
#include <mtaio/fan_out/options.hpp>
#include <mtaio/fan_out/range.hpp>
#include <mtaio/fan_out/source.hpp>
#include <mtaio/fan_out/stream_buffer.hpp>
#include <mtaio/fan_out/streamed.hpp>
#include <mtaio/fan_out/to_child.hpp>
#include <mtaio/options.hpp>
#include <mtaio/outcome.hpp>
#include <mtaio/stream.hpp>
#include <mtaio/task.hpp>
#include <mtaio/task_handle.hpp>
#include <mtaio/thread_pool.hpp>
#include <mtaio/threads/bound_function.hpp>

#include <memory>
#include <type_traits>
#include <utility>

namespace mtaio {

/// Runs tasks with limits, timeouts and structured cancellation: no task outlives the operation, or
/// the executor, that started it. From docs/task_executor.md:
///
///     const std::string page = co_await executor.run(fetch("/"), {.timeout = 5s});
///     const std::vector<std::string> pages = co_await executor.map(fetch, urls, {.limit = 8});
///     const auto [one, two] = co_await executor.gather(fetch("/one"), fetch("/two"));
///     const int letters = co_await executor.run_in_thread(count_letters, page);
///
/// An executor may be made anywhere; its tasks run on the runtime of the code that awaits or
/// creates them. An operation that a member returns starts when it is awaited, and may be kept and
/// moved until then. It can be awaited once, because its arguments are moved out of it: awaiting it
/// a second time, or after it was moved from, throws `std::logic_error`. Only the operations of
/// `cancel_all()` and `close()` can be awaited again.
///
/// The destructor asks the running tasks of `create_task` to stop, and waits for them. If it blocks
/// a worker, another thread does that worker's work meanwhile. A task of the executor may destroy
/// it; the destructor does not wait for that task.
///
/// The operations that await tasks:
///
/// Suspends:  until every task that was started has ended.
/// Resumes:   where the last of them ended, on the same scheduler.
/// Cancelled: asks the tasks to stop, waits for them, and throws CancelledError, which is never
///            wrapped. Failures of tasks that were stopping are nested in it. A CancelledError that
///            no stop request has caused is a failure like any other.
/// Threads:   any.
/// Lifetime:  lvalue ranges, and objects that tasks and functions refer to, must outlive the
///            operation. The executor must exist when the operation is awaited; it may be destroyed
///            while the operation runs.
class [[gnu::visibility("default")]] TaskExecutor {
 public:
  /// Blocking functions run in the runtime's own thread pool.
  TaskExecutor();
  /// Blocking functions run in `thread_pool`, which must outlive the executor. The executor never
  /// shuts it down.
  explicit TaskExecutor(ThreadPool& thread_pool);
  TaskExecutor(const TaskExecutor&) = delete;
  TaskExecutor& operator=(const TaskExecutor&) = delete;
  ~TaskExecutor();

  /// Runs one task and returns its result.
  ///
  /// Throws `TimeoutError` when the timeout expires, after the task was asked to stop and has
  /// ended. A failure of the task while it was stopping is nested in the error. If the timeout is
  /// zero or less, the task is never started. Any other exception of the task becomes the cause of
  /// an `ExecutionError`, and so does a `TimeoutError` that the task throws itself.
  template <Awaitable A>
  auto run(A&& awaitable, RunOptions options = {}) {
    tasks_->check_open("run");
    return internal::RunOperation<await_result_t<A>>{internal::to_task(std::forward<A>(awaitable)),
                                                     options, *tasks_};
  }

  /// Runs every awaitable of a range, and returns a vector of their results in the order of the
  /// range.
  ///
  /// At the first failure it starts no further task, asks the running ones to stop, waits for them,
  /// and throws `ExecutionError`. A `TaskHandle` in the range is treated like any other awaitable,
  /// although its task is running already.
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
  /// The same, but every task runs to its end, and the result is a vector of `Outcome`s.
  template <std::ranges::input_range Range>
    requires Awaitable<std::ranges::range_reference_t<Range>>
  auto gather(return_exceptions_t, Range&& range, GatherOptions options = {}) {
    return gather_range<true>(options, std::forward<Range>(range));
  }
  /// Runs all its arguments, and returns a tuple of their results, with `std::monostate` for void.
  /// Failures are treated as in the `gather` of a range.
  template <Awaitable... A>
  auto gather(A&&... awaitables) {
    return gather_all<false>(internal::NoOptions{}, std::forward<A>(awaitables)...);
  }
  template <Awaitable... A>
  auto gather(GatherOptions options, A&&... awaitables) {
    return gather_all<false>(options, std::forward<A>(awaitables)...);
  }
  /// The same, but every task runs to its end, and the result is a tuple of `Outcome`s.
  template <Awaitable... A>
  auto gather(return_exceptions_t, A&&... awaitables) {
    return gather_all<true>(internal::NoOptions{}, std::forward<A>(awaitables)...);
  }
  template <Awaitable... A>
  auto gather(return_exceptions_t, GatherOptions options, A&&... awaitables) {
    return gather_all<true>(options, std::forward<A>(awaitables)...);
  }

  /// Calls `func` for every element of a range, and returns a vector of the results in the order of
  /// the range.
  ///
  /// If `func` returns an awaitable, that is awaited; otherwise `func` runs in the thread pool. The
  /// range is advanced one element at a time, when the next task may start, so it may be
  /// single-pass or endless. An exception of the range, or of `func` itself, is the failure of that
  /// element. Failures are treated as in `gather`.
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
  /// Calls `func(a, b)` for the elements of two ranges in step, up to the end of the shorter one.
  template <class Func, std::ranges::input_range Range1, std::ranges::input_range Range2>
    requires(internal::Mappable<Func, Range1, Range2> && !internal::UnsafeClosure<Func>)
  auto map(Func&& func, Range1&& range1, Range2&& range2, MapOptions options = {}) {
    return map_ranges<false>(options, std::forward<Func>(func), std::forward<Range1>(range1),
                             std::forward<Range2>(range2));
  }
  /// The same, but every task runs to its end, and the result is a vector of `Outcome`s.
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

  /// Calls `func` for every item of a source, such as a queue, until the source gives
  /// `std::nullopt`. The source is asked for an item when the next task may start, and one item at
  /// a time. An lvalue is used where it is; an rvalue is moved in. An item that was taken is always
  /// passed to `func`. What `next()` throws is a failure, and the end of the source.
  template <class Func, AsyncSource Source>
    requires(!std::ranges::input_range<Source> && internal::MappableOver<Func, Source> &&
             !internal::UnsafeClosure<Func>)
  auto map(Func&& func, Source&& source, MapOptions options = {}) {
    return map_items<false>(options, std::forward<Func>(func), std::forward<Source>(source));
  }
  template <class Func, AsyncSource Source>
    requires(!std::ranges::input_range<Source> && internal::MappableOver<Func, Source>)
  auto map(return_exceptions_t, Func&& func, Source&& source, MapOptions options = {}) {
    return map_items<true>(options, std::forward<Func>(func), std::forward<Source>(source));
  }

  /// Calls `func` for every element of a range, or every item of a source, and gives the results
  /// one after another while further tasks run: see `Stream`. A result that has not been taken
  /// counts towards the limit. Failures are treated as in `map`, but the results before them come
  /// first. The first `next()` starts the tasks.
  template <class Func, std::ranges::input_range Range>
    requires internal::Mappable<Func, Range>
  auto stream(Func&& func, Range&& range, StreamOptions options = {}) {
    return stream_range<false>(options, std::forward<Func>(func), std::forward<Range>(range));
  }
  template <class Func, AsyncSource Source>
    requires(!std::ranges::input_range<Source> && internal::MappableOver<Func, Source>)
  auto stream(Func&& func, Source&& source, StreamOptions options = {}) {
    return stream_items<false>(options, std::forward<Func>(func), std::forward<Source>(source));
  }
  /// The same, but every task runs to its end, and the results are `Outcome`s.
  template <class Func, std::ranges::input_range Range>
    requires internal::Mappable<Func, Range>
  auto stream(return_exceptions_t, Func&& func, Range&& range, StreamOptions options = {}) {
    return stream_range<true>(options, std::forward<Func>(func), std::forward<Range>(range));
  }
  template <class Func, AsyncSource Source>
    requires(!std::ranges::input_range<Source> && internal::MappableOver<Func, Source>)
  auto stream(return_exceptions_t, Func&& func, Source&& source, StreamOptions options = {}) {
    return stream_items<true>(options, std::forward<Func>(func), std::forward<Source>(source));
  }

  /// Calls `func(args...)` in a thread of the pool, and returns its result. An exception of the
  /// function becomes the cause of an `ExecutionError`. A function whose first parameter is a
  /// `StopToken` is passed one, which says when to stop. The function and the arguments are copied
  /// or moved into the operation; use `std::ref` for a variable that is to be shared.
  ///
  /// Suspends:  until the function has returned, because it may use the caller's variables.
  /// Resumes:   on the caller's own scheduler.
  /// Cancelled: a function that has not started never starts, and CancelledError is thrown. If it
  ///            runs already, the operation waits for it and returns its result.
  /// Threads:   any.
  /// Lifetime:  objects that the arguments refer to must outlive the operation.
  template <class Func, class... Args>
    requires(internal::Callable<std::decay_t<Func>, std::decay_t<Args>...> &&
             !internal::UnsafeClosure<Func>)
  auto run_in_thread(Func&& func, Args&&... args) {
    return call_in_thread(std::forward<Func>(func), std::forward<Args>(args)...);
  }

  /// Starts a task in the background. It is asked to stop when the executor is destroyed, and when
  /// the run ends. Throws `std::logic_error` outside a task.
  template <class T>
  TaskHandle<T> create_task(Task<T> task) {
    tasks_->check_open("create_task");
    if (!task) internal::throw_no_task("create_task(Task)");
    return TaskHandle<T>{internal::SpawnedTaskOf<T>::create(
        std::move(task), internal::current_task_root(), *tasks_)};
  }

  /// Asks all running tasks of `create_task` to stop, and waits until they have ended. Tasks that
  /// are created meanwhile are left alone.
  ///
  /// Suspends:  until those tasks have ended.
  /// Resumes:   on the caller's own scheduler.
  /// Cancelled: throws CancelledError; the tasks have still been asked to stop. If one of the
  ///            tasks awaits this operation, that task is asked to stop, too.
  /// Threads:   any.
  /// Lifetime:  the executor must outlive the operation.
  internal::StopTasks cancel_all() {
    return internal::StopTasks{internal::EndOfTasks{*tasks_, false}};
  }

  /// The same, and the executor takes no more work: using it after that throws `std::logic_error`.
  /// The destructor does the same, but blocks the thread.
  internal::StopTasks close() { return internal::StopTasks{internal::EndOfTasks{*tasks_, true}}; }

  // The overloads below are chosen for a closure that GCC before 13 may destroy twice, and make the
  // compiler warn. With other compilers they are never chosen.

  template <internal::UnsafeClosure Func, class... Args>
    requires internal::Callable<Func, std::decay_t<Args>...>
  [[deprecated(
      "GCC before 13 may destroy this closure twice: pass a named one (docs/compilers.md)")]]
  auto run_in_thread(Func&& func, Args&&... args) {
    return call_in_thread(std::forward<Func>(func), std::forward<Args>(args)...);
  }
  template <internal::UnsafeClosure Func, std::ranges::input_range Range>
    requires internal::Mappable<Func, Range>
  [[deprecated(
      "GCC before 13 may destroy this closure twice: pass a named one (docs/compilers.md)")]]
  auto map(Func&& func, Range&& range, MapOptions options = {}) {
    return map_ranges<false>(options, std::forward<Func>(func), std::forward<Range>(range));
  }
  template <internal::UnsafeClosure Func, AsyncSource Source>
    requires(!std::ranges::input_range<Source> && internal::MappableOver<Func, Source>)
  [[deprecated(
      "GCC before 13 may destroy this closure twice: pass a named one (docs/compilers.md)")]]
  auto map(Func&& func, Source&& source, MapOptions options = {}) {
    return map_items<false>(options, std::forward<Func>(func), std::forward<Source>(source));
  }
  template <internal::UnsafeClosure Func, std::ranges::input_range Range1,
            std::ranges::input_range Range2>
    requires internal::Mappable<Func, Range1, Range2>
  [[deprecated(
      "GCC before 13 may destroy this closure twice: pass a named one (docs/compilers.md)")]]
  auto map(Func&& func, Range1&& range1, Range2&& range2, MapOptions options = {}) {
    return map_ranges<false>(options, std::forward<Func>(func), std::forward<Range1>(range1),
                             std::forward<Range2>(range2));
  }

 private:
  template <class Func, class... Args>
  auto call_in_thread(Func&& func, Args&&... args) {
    tasks_->check_open("run_in_thread");
    using Bound = internal::BoundFunction<std::decay_t<Func>, std::decay_t<Args>...>;
    return internal::ThreadOperation<Bound>{
        Bound{std::in_place, std::forward<Func>(func), std::forward<Args>(args)...}, thread_pool_,
        *tasks_};
  }

  template <bool kOutcomes, class Options, class Range>
  auto gather_range(const Options& options, Range&& range) {
    tasks_->check_open("gather");
    using Children = internal::GatheredChildren<internal::Kept<Range>>;
    using Chosen = std::conditional_t<Children::kRunAlready, internal::JoinOptions, Options>;
    return internal::RangeOperation<Chosen, Children, kOutcomes>{
        Children{internal::ElementSource<internal::Kept<Range>>::of(std::forward<Range>(range))},
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
    using Children = internal::MappedChildren<std::decay_t<Func>, internal::Kept<Range>...>;
    return internal::RangeOperation<Options, Children, kOutcomes>{
        Children{std::forward<Func>(func),
                 internal::SourceOf<Range...>::of(std::forward<Range>(range)...), thread_pool_},
        options, *tasks_};
  }

  template <bool kOutcomes, class Func, class Source>
  auto map_items(const MapOptions& options, Func&& func, Source&& source) {
    tasks_->check_open("map");
    using Children = internal::MappedItems<std::decay_t<Func>, Source>;
    return internal::SourceOperation<MapOptions, Children, kOutcomes>{
        Children{std::forward<Func>(func),
                 internal::KeptSource<Source>{std::forward<Source>(source)}, thread_pool_},
        options, *tasks_};
  }

  template <
      bool kOutcomes,
      template <class, class, bool, template <class, class, class, bool, bool> class> class FanOut,
      class Children>
  auto stream_of(Children&& children, const StreamOptions& options) {
    using T = typename Children::value_type;
    using Buffer = internal::StreamBuffer<T, kOutcomes>;
    using Options = internal::StreamFanOutOptions<T, kOutcomes>;
    using Item = internal::StreamItem<T, kOutcomes>;
    using Run =
        internal::StreamRunOf<FanOut<Options, Children, kOutcomes, internal::StreamedFanOut>,
                              Options, Children, Buffer, Item>;
    return Stream<Item>{std::make_unique<Run>(std::forward<Children>(children),
                                              MapOptions{.limit = options.limit,
                                                         .timeout = options.timeout,
                                                         .task_timeout = options.task_timeout,
                                                         .progress = options.progress},
                                              options.ordered)};
  }
  template <bool kOutcomes, class Func, class Range>
  auto stream_range(const StreamOptions& options, Func&& func, Range&& range) {
    tasks_->check_open("stream");
    using Children = internal::MappedChildren<std::decay_t<Func>, internal::Kept<Range>>;
    return stream_of<kOutcomes, internal::RangeFanOut>(
        Children{std::forward<Func>(func),
                 internal::SourceOf<Range>::of(std::forward<Range>(range)), thread_pool_},
        options);
  }
  template <bool kOutcomes, class Func, class Source>
  auto stream_items(const StreamOptions& options, Func&& func, Source&& source) {
    tasks_->check_open("stream");
    using Children = internal::MappedItems<std::decay_t<Func>, Source>;
    return stream_of<kOutcomes, internal::SourceFanOut>(
        Children{std::forward<Func>(func),
                 internal::KeptSource<Source>{std::forward<Source>(source)}, thread_pool_},
        options);
  }

  internal::OwnedTasks tasks_;
  /// Null: the runtime's own.
  ThreadPool* thread_pool_ = nullptr;
};

}  // namespace mtaio
