/// Many children, one parent: the mechanism of `gather` and `map`.
///
/// A fan-out is one object in the parent's frame and one token, however many children it has. The
/// token means "there may be children left to start". At most one thread at a time holds it, and
/// only that thread may start the next child. So creating children and advancing the range need no
/// lock.
///
/// The life of the token:
///
///   1. The thread that suspends the parent holds it, and starts the first child.
///   2. The holder offers it, just before it enters the child that it has started: the token goes
///      to the bottom of its worker's deque. (`offer_token`)
///   3. A child that ends looks there. If the token is still there, no other thread has touched the
///      fan-out: the child takes the token back, and the next child takes over its place in the
///      count, which does not change. (`take_back_token`)
///   4. When a child suspends, its worker finds the token in the deque and starts the next child. A
///      thief that steals the token does the same, and offers it in its own deque. Each of them
///      counts one more child. (`FanOutLoop::run`)
///   5. If the limit is reached, the token is not offered but parked. The next child that ends
///      takes it, and keeps its own place in the count for the next child. (`FanOutState`)
///   6. Once in a while the holder does not start a child, but posts the token behind all other
///      ready work. (`post_token`)
///   7. When the last child has been started, or no child is left, the token is retired. From then
///      on each child that ends is counted out, and the last one resumes the parent.
///      (`FanOutState::close`, `retire_token`)
///
/// The usual path from one child to the next is compiled into the hooks of the children, and saves
/// no registers. Therefore each rare case is a function of its own that is tail-called and
/// returns the coroutine to be resumed; most have the name of their caller, with the ending
/// `_slow`.
#pragma once

#include <mtaio/coro/promise.hpp>
#include <mtaio/coro/thread_context.hpp>
#include <mtaio/fan_out/failures.hpp>
#include <mtaio/fan_out/state.hpp>
#include <mtaio/limit.hpp>
#include <mtaio/lowlevel/job.hpp>

#include <coroutine>
#include <cstddef>
#include <cstdint>

namespace mtaio::internal {

/// The part of a fan-out that depends neither on the kind of the children nor on the options. As a
/// job it is the token.
class [[gnu::visibility("default")]] FanOut : public lowlevel::Job {
 public:
  FanOut(const FanOut&) = delete;
  FanOut& operator=(const FanOut&) = delete;

  /// Posts the token, which was parked outside of `FanOutState`.
  void post_parked_token() noexcept;

 protected:
  /// `start_next`: starts the next child for the worker that has found the token.
  // NOLINTNEXTLINE(*-member-init): the members without an initializer are set later
  FanOut(lowlevel::Job::Function start_next, bool collects_errors) noexcept
      : lowlevel::Job{start_next, lowlevel::Deferred{}}, failures_{collects_errors} {}
  ~FanOut() = default;

  /// Whether this thread is one that the parent's task may run on: `kAnywhere` if that is not
  /// known.
  enum class Where : std::uint8_t { kAtHome, kAnywhere };

  /// Gives up the token so that other threads can find it, and returns `next`. REQUIRES: the caller
  /// holds the token.
  [[gnu::always_inline]] std::coroutine_handle<> offer_token(
      std::size_t limit, Where where, std::coroutine_handle<> next) noexcept {
    if (limit != no_limit.value() && state_.park(limit)) return next;
    const ThreadContext& thread = this_thread_inlined();
    LocalQueues* worker = thread.fast_worker();
    const bool at_home = where == Where::kAtHome || (root() != nullptr && root() == thread.root());
    if (!at_home || !worker || !worker->fan_outs.push(this)) [[unlikely]]
      return offer_token_slow(next);
    if (worker->should_notify<FencedByOthers>()) [[unlikely]]
      return notify_one_worker(next);
    return next;
  }
  /// The worker has to execute fences itself or belongs to another scheduler, its deque is full, or
  /// the thread is not a worker's.
  std::coroutine_handle<> offer_token_slow(std::coroutine_handle<> next) noexcept;
  /// Wakes a worker to steal the token that was just offered.
  std::coroutine_handle<> notify_one_worker(std::coroutine_handle<> next) noexcept;

  /// Takes the token back if it still is at the bottom of this worker's deque; then the caller
  /// holds it. Costs little if it is not there.
  [[nodiscard]] bool take_back_token() noexcept {
    LocalQueues* worker = this_thread_inlined().fast_worker();
    return worker != nullptr && worker->fan_outs.pop_if<FencedByOthers>(this);
  }
  /// The same for a worker that has to execute fences itself.
  [[nodiscard]] bool take_back_token_slow() noexcept;

  /// Posts the token behind all other ready work; the child that was counted is counted out again.
  /// REQUIRES: the caller holds the token.
  std::coroutine_handle<> post_token() noexcept;

  /// A child was counted, but none is left to start. REQUIRES: the caller holds the token. The
  /// fan-out may be destroyed when this returns.
  std::coroutine_handle<> retire_token() noexcept;

  [[nodiscard]] std::coroutine_handle<> parent() const noexcept {
    return std::coroutine_handle<>::from_address(parent_);
  }

  FanOutState state_;

  // Set when the parent is suspended:

  // Children started so far. Only the holder of the token touches it.
  std::size_t started_;
  // The address of a coroutine.
  void* parent_;
  // The children's context.
  TaskContext* context_;
  // Set only if root() is null.
  lowlevel::Scheduler* scheduler_if_alone_;

  FanOutFailures failures_;

 private:
  [[nodiscard]] lowlevel::Scheduler& scheduler() const noexcept {
    return root() ? root()->scheduler() : *scheduler_if_alone_;
  }
};

}  // namespace mtaio::internal
