#include <mtaio/coro/trampoline.hpp>

#include <mtaio/coro/promise.hpp>
#include <mtaio/coro/run.hpp>
#include <mtaio/coro/thread_context.hpp>
#include <mtaio/lowlevel/scheduler.hpp>

#include <utility>

namespace mtaio::internal {

struct Trampoline {
  // How many operations in a row a job may complete without waiting.
  static constexpr int kBudget = 128;

  /// Whether run_job() resumes the next coroutine. It has room for one: a coroutine that resumes
  /// several others in the middle of its own code leaves the first to run_job(), and resumes the
  /// rest on its own stack.
  static bool has_room(const ThreadContext& thread) noexcept {
    return thread.in_trampoline_ && thread.ended_ == nullptr && thread.transfer_ == nullptr;
  }

  static std::coroutine_handle<> defer_transfer(std::coroutine_handle<> next) noexcept {
    ThreadContext& thread = this_thread();
    if (!has_room(thread)) return next;
    thread.transfer_ = next.address();
    return std::noop_coroutine();
  }

  static std::coroutine_handle<> defer_completion(PromiseBase& ended) noexcept {
    ThreadContext& thread = this_thread();
    if (!has_room(thread)) return ended.complete();
    thread.ended_ = &ended;
    return std::noop_coroutine();
  }

  static void run(lowlevel::Job& job) noexcept {
    ThreadContext& thread = this_thread_inlined();
    const bool outer = std::exchange(thread.in_trampoline_, true);
    thread.root_ = job.root();
    thread.budget_ = kBudget;
    std::coroutine_handle<> next = job.run();
    for (;;) {
      next.resume();
      if (thread.ended_) {
        next = std::exchange(thread.ended_, nullptr)->complete();
      } else if (thread.transfer_) {
        next = std::coroutine_handle<>::from_address(std::exchange(thread.transfer_, nullptr));
      } else {
        break;
      }
    }
    thread.root_ = nullptr;
    thread.in_trampoline_ = outer;
  }
};

std::coroutine_handle<> defer_transfer(std::coroutine_handle<> next) noexcept {
  return Trampoline::defer_transfer(next);
}

std::coroutine_handle<> defer_completion(PromiseBase& ended) noexcept {
  return Trampoline::defer_completion(ended);
}

}  // namespace mtaio::internal

namespace mtaio::lowlevel {

void run_job(Job& job) noexcept { internal::Trampoline::run(job); }

}  // namespace mtaio::lowlevel
