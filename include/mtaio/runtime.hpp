/// Where tasks run.
#pragma once

#include <mtaio/awaitable.hpp>
#include <mtaio/base/unique_ptr.hpp>
#include <mtaio/lowlevel/main_run.hpp>
#include <mtaio/lowlevel/parker.hpp>

#include <coroutine>
#include <cstddef>
#include <utility>

namespace mtaio {

namespace runtime {
class WorkStealingScheduler;  // NOLINT(*-virtual-class-destructor)
}

struct RuntimeOptions {
  /// How many workers run tasks, at most 16,384; 0: one for each core that this process may use.
  std::size_t threads = 0;
  /// Makes the parker that an idle worker sleeps on; null: a `lowlevel::FutexParker`.
  std::unique_ptr<lowlevel::Parker> (*make_parker)() = nullptr;
};

/// A pool of workers on which tasks run. The thread that calls `run()` works as one of them while
/// it waits. The others are started when there is work for them, and sleep when they find none.
///
/// From docs/runtime.md:
///
///     mtaio::Runtime runtime{{.threads = 4}};
///     const int sum = runtime.run(add(1, 2));
class [[gnu::visibility("default")]] Runtime {
 public:
  /// Throws `std::invalid_argument` for too many workers, or if `make_parker` returns null.
  explicit Runtime(RuntimeOptions options = {});
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;
  /// The runtime must outlive every call of `run()`: destroying it during such a call, from a task
  /// or from another thread, ends the program with a message. So a task must not call `std::exit()`
  /// if the runtime is static.
  ~Runtime();

  /// Runs `main` to its end: returns its result, or throws the exception that it threw, unchanged.
  /// When `main` has ended, asks all tasks of the run that have not ended to stop, and waits for
  /// them. In a function in a thread (`run_in_thread`, `map`), stop requests to the function reach
  /// the run. Several threads may call this concurrently; their tasks share the workers. Throws
  /// `std::logic_error` on one of the runtime's own workers, which would wait for itself. It also
  /// throws in a forked child of the process that made the runtime, because the threads are in the
  /// parent only; the child can make a runtime of its own.
  template <Awaitable A>
  await_result_t<A> run(A&& main) {
    check_may_run();
    return lowlevel::run_main(std::forward<A>(main),
                              [this](std::coroutine_handle<> task, internal::PromiseBase& promise) {
                                run_to_end(task, promise);
                              });
  }

  /// The number of workers.
  [[nodiscard]] std::size_t threads() const noexcept;

 private:
  void check_may_run() const;
  void run_to_end(std::coroutine_handle<> main, internal::PromiseBase& promise);

  runtime::WorkStealingScheduler* const scheduler_;
};

namespace internal {
/// Throws `std::logic_error` on a worker of any runtime.
[[gnu::visibility("default")]] void check_plain_thread();
}  // namespace internal

/// Runs `main` to its end on a runtime of its own, from a plain thread: the `asyncio.run` of this
/// library. Returns its result, or throws the exception that it threw, unchanged. Throws
/// `std::logic_error` inside a task: `co_await` the awaitable there instead.
///
/// From docs/runtime.md:
///
///     int main() { std::cout << mtaio::run(compute()) << '\n'; }
template <Awaitable A>
await_result_t<A> run(A&& main, RuntimeOptions options = {}) {
  internal::check_plain_thread();
  Runtime runtime{options};
  return runtime.run(std::forward<A>(main));
}

}  // namespace mtaio
