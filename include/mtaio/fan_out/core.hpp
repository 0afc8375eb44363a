/// Many children, one parent: what `gather` and `map` are.
///
/// A fan-out is one object in the parent's frame and one entry in a worker's deque, however many
/// children it has. The entry means "there may be children left to start". Whoever holds it, and
/// there is one at a time, may start the next child; the others cannot, so creating children and
/// advancing the range need no lock.
///
///   - The parent goes straight into the first child, leaving the entry at the bottom of its
///     worker's deque.
///   - A child that ends looks there. If the entry is still there, nobody else has touched the
///     fan-out: the next child takes over its place without any counting.
///   - A thief that takes the entry starts the next child, and leaves the entry in its own deque.
///   - A child that suspends leaves its worker to find the entry and start the next child.
///   - When the limit is reached the entry is parked; the next child to end takes it from there.
///   - The last child to end, once there are none left to start, resumes the parent.
#pragma once

#include <mtaio/coro/promise.hpp>
#include <mtaio/exceptions.hpp>
#include <mtaio/lowlevel/spin_lock.hpp>
#include <mtaio/options.hpp>
#include <mtaio/progress.hpp>
#include <mtaio/timeout/timed_context.hpp>
#include <mtaio/timeout/timed_task.hpp>

#include <atomic>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <type_traits>
#include <variant>
#include <vector>

namespace mtaio::internal {

/// What stands for `GatherOptions` where none were given: known when the program is compiled.
struct NoOptions {
  // NOLINTBEGIN(readability-identifier-naming): named like the members they stand for
  static constexpr Limit limit = no_limit;
  static constexpr std::optional<Timeout> timeout = std::nullopt;
  static constexpr std::optional<Timeout> task_timeout = std::nullopt;
  static constexpr Progress* progress = nullptr;
  // NOLINTEND(readability-identifier-naming)
};

/// What does not depend on the kind of children, and what is not needed for each of them.
///
/// Whatever seldom happens on the way from one child to the next is a function that goes the rest
/// of the way: it returns what is to be resumed. So nothing has to be kept for when it returns, and
/// the usual way, compiled into the hooks of the children, saves no registers.
class [[gnu::visibility("default")]] FanOut : public lowlevel::Job {
 public:
  FanOut(const FanOut&) = delete;
  FanOut& operator=(const FanOut&) = delete;

 protected:
  /// `collects_errors`: a child that fails is a result like any other (return_exceptions).
  FanOut(lowlevel::Job::Function what, bool collects_errors) noexcept  // NOLINT(*-member-init)
      : lowlevel::Job{what, lowlevel::Deferred{}}, collects_errors_{collects_errors} {}
  ~FanOut() = default;

  // The state: how many children live, and two flags. Where neither is set, somebody holds the
  // entry, or it is in a deque. When the only child left is one that goes on to the parent by
  // itself, the state is not used any more.
  static constexpr std::uint64_t kParked = std::uint64_t{1}
                                           << 63U;  // in nobody's hands: the limit is reached
  static constexpr std::uint64_t kNoMore = std::uint64_t{1} << 62U;  // there is no entry any more
  static constexpr std::uint64_t kLive = kNoMore - 1;

  // Every so many children, the worker gets to look at its other work, and the whole chain of
  // scopes is asked for a stop request: children that never wait would hear of one only then.
  static constexpr std::size_t kChildrenInARow = 64;

  /// The child at `index` failed. Before it counts as ended.
  void child_failed(std::size_t index, const std::exception_ptr& error,
                    Progress* progress) noexcept;
  /// The same for one that could not even be made.
  void child_not_made(const std::exception_ptr& error, Progress* progress) noexcept;
  /// There is no memory for the result of one that could not be made: the call as a whole fails.
  void no_memory_for_result(const std::exception_ptr& error) noexcept;
  /// No further child starts, and those that run are asked to stop.
  void halt() noexcept;
  /// Whether no further child is to start. Asks all scopes above as well.
  [[nodiscard]] bool halted() noexcept;

  /// Whether this thread is known to be one that the parent's task may run on.
  enum class Where : std::uint8_t { kAtHome, kAnywhere };
  /// Puts the entry where others find it, and returns `next`. The caller must hold it, and gives it
  /// up with this.
  [[gnu::always_inline]] std::coroutine_handle<> offer_entry(
      std::size_t limit, Where where, std::coroutine_handle<> next) noexcept {
    if (limit != no_limit.value() && park_entry(limit)) return next;
    const ThreadContext& thread = this_thread_inlined();
    LocalQueues* worker = thread.fast_worker;
    const bool at_home = where == Where::kAtHome || (root() != nullptr && root() == thread.root);
    if (!at_home || !worker || !worker->fan_outs.push(this)) [[unlikely]]
      return post_offer(next);
    if (worker->should_notify<FencedByOthers>()) [[unlikely]]
      return feed_others(next);
    return next;
  }
  /// The same where no such worker is at hand, or there is no room in its deque.
  std::coroutine_handle<> post_offer(std::coroutine_handle<> next) noexcept;
  /// The rest of offer_entry() if others are to be woken for it.
  std::coroutine_handle<> feed_others(std::coroutine_handle<> next) noexcept;
  /// Puts the entry behind everything else that is ready, on behalf of a child that has ended, or
  /// could not be made.
  std::coroutine_handle<> post_entry() noexcept;
  [[nodiscard]] bool park_entry(std::size_t limit) noexcept;
  /// Takes the entry back if nobody has touched it since it was offered on this thread. It is cheap
  /// where it is not there.
  [[nodiscard]] bool take_back() noexcept {
    LocalQueues* worker = this_thread_inlined().fast_worker;
    return worker != nullptr && worker->fan_outs.pop_if<FencedByOthers>(this);
  }
  /// The same where a worker executes fences.
  [[nodiscard]] bool take_back_fenced() noexcept;

  [[nodiscard]] std::coroutine_handle<> parent() const noexcept {
    return std::coroutine_handle<>::from_address(parent_);
  }

  /// There is no further child, so there is no entry any more. The last one was just started,
  void last_started() noexcept {
    // If the child is the only one, nobody else is at the state. acquire: what those that ran did
    // is visible when it ends; the plain store is not part of what they released.
    if (state_.load(std::memory_order_acquire) == 1) {
      state_.store(kNoMore | 1, std::memory_order_relaxed);
    } else {
      state_.fetch_or(kNoMore, std::memory_order_relaxed);
    }
  }
  /// or the one that was counted as started did not come.
  std::coroutine_handle<> no_more() noexcept;

  enum class Leaving : std::uint8_t { kParent, kNothing, kEntry };
  /// A child has ended, and the entry is not at hand: what comes next. `kEntry`: the child's place
  /// is for the next one.
  Leaving leave() noexcept;

  [[nodiscard]] bool in_trouble() const noexcept {
    return trouble_.load(std::memory_order_relaxed) != 0;
  }
  /// The parent goes on, and something went wrong: throws what the call throws, if it does.
  void throw_trouble(std::optional<std::size_t> total);
  /// The parent goes on, and its time ran out.
  [[noreturn, gnu::cold]] void throw_cut_off(Timeout timeout, std::optional<std::size_t> total);

  // What went wrong; flags of trouble_.
  static constexpr std::uint8_t kHalted = 1;     // a child failed: no further one starts
  static constexpr std::uint8_t kCutShort = 2;   // children were left out because of a stop request
  static constexpr std::uint8_t kCancelled = 4;  // a child ended with CancelledError because it was
                                                 // asked to, or failed after the caller was asked
                                                 // to stop; before kFailed
  static constexpr std::uint8_t kFailed = 8;     // a child failed, before kCancelled

  const bool collects_errors_;
  std::atomic<std::uint8_t> trouble_{0};
  lowlevel::SpinLock failures_lock_;  // guards failures_, and setting kCancelled and kFailed
  std::atomic<std::uint64_t> state_{1};
  // From begin() on:
  std::size_t started_;                      // holder of the entry only: how many children
  void* parent_;                             // a coroutine
  TaskContext* context_;                     // the children's
  lowlevel::Scheduler* scheduler_if_alone_;  // only if there is no root()

 private:
  struct Failures {
    explicit Failures(ExecutionError::Failure failure) noexcept : first(std::move(failure)) {}
    Failures(const Failures&) = delete;
    Failures& operator=(const Failures&) = delete;
    [[gnu::cold, gnu::visibility("default")]] ~Failures();

    ExecutionError::Failure first;
    std::vector<ExecutionError::Failure> all;  // empty when there was no memory
  };

  [[nodiscard]] lowlevel::Scheduler& scheduler() const noexcept {
    return root() ? root()->scheduler() : *scheduler_if_alone_;
  }
  /// The scope of the caller; null if it has none.
  [[nodiscard]] lowlevel::StopScope* caller() const noexcept { return context_->scope.parent(); }
  [[nodiscard]] bool caller_stop_requested() const noexcept;
  /// REQUIRES: failures_lock_ is held.
  void keep_failure(std::size_t index, const std::exception_ptr& error) noexcept;
  /// All of them as an `ExecutionError`; null if there are none.
  [[nodiscard]] std::exception_ptr take_failures(std::optional<std::size_t> total);
  /// The same; null, too, if there is no memory for that.
  [[nodiscard]] std::exception_ptr take_failures_if_possible(
      std::optional<std::size_t> total) noexcept;
  void set(std::uint8_t flag) noexcept { trouble_.fetch_or(flag, std::memory_order_acq_rel); }
  [[nodiscard]] bool is_set(std::uint8_t flag) const noexcept {
    return (trouble_.load(std::memory_order_acquire) & flag) != 0;
  }

  std::optional<Failures> failures_;  // while stopping too, if the call does not end with kFailed
};

/// The way of a child from its start to its end. `Derived` has, always called by the holder of the
/// entry:
///
///     handle start_child(where)     calls child_started() with the next child, or no_more() if there
///                                   is none left, and returns what that returns. May throw: that is
///                                   the failure of this child
///     void keep_error(error)        the next child could not be made: keeps that as its result. Only
///                                   if errors are collected. May throw
///     kMostChildren                 how many there can be
///     kLastMayBeDirect              whether the last one to start may go on to the parent by itself; one
///                                   that does not then seldom is the last one to end
///     bool exhausted() const        whether there certainly are none left: where one could not be made
template <class Derived, class Options>
class FanOutOf : public FanOut {
 protected:
  FanOutOf(const Options& options, bool collects_errors) noexcept
      : FanOut{&FanOutOf::run, collects_errors}, options_(options) {}
  ~FanOutOf() = default;

  [[nodiscard]] const Options& options() const noexcept { return options_; }
  /// The children's. After begin().
  [[nodiscard]] TaskContext* context() noexcept {
    if constexpr (kMayBeTimed) {
      return context_;
    } else {
      return &contexts_;
    }
  }
  [[nodiscard]] std::size_t started() const noexcept { return started_; }
  [[nodiscard]] bool timed_out_before() const noexcept {
    return options_.timeout && options_.timeout->is_now();
  }
  void set_total(std::size_t total) noexcept {
    if (Progress* progress = options_.progress) progress->add_total(total);
  }

  /// The parent, which belongs to `root`, has been suspended. May throw if there are options.
  [[gnu::always_inline]] void begin(std::coroutine_handle<> parent, TaskContext* context,
                                    TaskRoot* root) {
    started_ = 0;
    parent_ = parent.address();
    context_ = open_context(context);
    set_root(root);
  }
  /// The parent is a coroutine of another kind. It may be still there when the task whose code runs
  /// here is gone, so it belongs to none.
  void begin_outside(std::coroutine_handle<> parent, TaskContext* context) {
    scheduler_if_alone_ = &current_scheduler();
    begin(parent, context, nullptr);
  }

  /// Starts the next child, unless there is to be none, and returns what is to be resumed.
  /// REQUIRES: the caller holds the entry, and the child to be started is counted in state_.
  [[gnu::noinline]] std::coroutine_handle<> start_next() noexcept {
    for (;;) {
      if (may_be_halted() && halted()) return no_more();
      try {
        return derived().start_child(Where::kAnywhere);
      } catch (...) {
        if (const auto next = not_made(std::current_exception())) return next;
      }
    }
  }
  [[gnu::always_inline]] std::coroutine_handle<> start_next_inlined(Where where) noexcept {
    if (may_be_halted()) [[unlikely]]
      return start_next();
    try {
      return derived().start_child(where);
    } catch (...) {
      return start_another();
    }
  }

  /// With this child there are `count`, and the entry is for others. Returns the child.
  [[gnu::always_inline]] std::coroutine_handle<> child_started(std::coroutine_handle<> child,
                                                               std::size_t count, bool exhausted,
                                                               Where where) noexcept {
    started_ = count;
    if (Progress* progress = options_.progress) progress->count_started();
    if (!exhausted) return offer_entry(options_.limit.value(), where, child);
    last_started();
    return child;
  }

  /// A child has ended, and what it left has been put away. Returns what is to be resumed.
  [[gnu::always_inline]] std::coroutine_handle<> child_ended() noexcept {
    if (Progress* progress = options_.progress) progress->count_done();
    if constexpr (!Derived::kLastMayBeDirect) {
      // acquire: the others, if there were any, are done. The only one left, so nobody else can
      // touch the state any more.
      if (state_.load(std::memory_order_acquire) == (kNoMore | 1)) return parent();
    }
    if (!take_back()) [[unlikely]]
      return child_ended_elsewhere();
    // Once in a while behind everything else that is ready.
    if (row_is_over()) [[unlikely]]
      return post_entry();
    return start_next_inlined(Where::kAtHome);
  }

  /// The parent goes on: throws what the call throws, if it does. `total`: how many tasks there
  /// were, if that is known.
  void finish(std::optional<std::size_t> total) {
    if constexpr (kMayBeTimed) {
      if (auto* timed = std::get_if<TimedContext>(&contexts_)) {
        timed->close();
        if (timed->cut_off()) throw_cut_off(*options_.timeout, total);
      }
    }
    if (in_trouble()) [[unlikely]]
      throw_trouble(total);
  }

 private:
  static constexpr bool kMayBeTimed = !std::is_same_v<Options, NoOptions>;
  // Children are not left out, whatever happens: some of them run already.
  static constexpr bool kStartsAll = requires { typename Options::starts_all; };
  using Contexts =
      std::conditional_t<kMayBeTimed, std::variant<std::monostate, TaskContext, TimedContext>,
                         TaskContext>;

  TaskContext* open_context(TaskContext* parent) {
    if constexpr (kMayBeTimed) {
      if (options_.timeout) {
        return &contexts_.template emplace<TimedContext>(parent, *options_.timeout);
      }
      return &contexts_.template emplace<TaskContext>(parent);
    } else {
      contexts_.set_parent(parent);
      return &contexts_;
    }
  }

  /// Whether so many children have been started in a row that it is the turn of others.
  [[nodiscard]] bool row_is_over() const noexcept {
    return Derived::kMostChildren >= kChildrenInARow && started_ % kChildrenInARow == 0;
  }
  /// Whether halted() is to be asked, which also knows of the scopes above; when a row begins it is
  /// asked in any case.
  [[nodiscard]] bool may_be_halted() noexcept {
    return !kStartsAll && (in_trouble() || context()->scope.stop_arrived());
  }

  Derived& derived() noexcept { return static_cast<Derived&>(*this); }

  /// As a job: somebody found the entry in a deque.
  static std::coroutine_handle<> run(lowlevel::Job& job) noexcept {
    auto& self = static_cast<FanOutOf&>(job);
    self.state_.fetch_add(1, std::memory_order_relaxed);
    if (!kStartsAll && self.row_is_over() && self.halted()) return self.no_more();
    return self.start_next();
  }

  /// A child has ended, and the entry was not at hand.
  [[gnu::noinline]] std::coroutine_handle<> child_ended_elsewhere() noexcept {
    switch (take_back_fenced() ? Leaving::kEntry : leave()) {
      case Leaving::kParent:
        return parent();
      case Leaving::kNothing:
        return std::noop_coroutine();
      case Leaving::kEntry:
        break;
    }
    return row_is_over() ? post_entry() : start_next_inlined(Where::kAnywhere);
  }

  /// A child could not be made. Returns what comes next; null if that is another one. If it is not
  /// null, the fan-out may be gone.
  [[gnu::cold, gnu::noinline]] std::coroutine_handle<> not_made(
      const std::exception_ptr& error) noexcept {
    child_not_made(error, options_.progress);
    if (!collects_errors_ && !kStartsAll) return no_more();
    try {
      derived().keep_error(error);
    } catch (...) {
      no_memory_for_result(std::current_exception());
      return no_more();
    }
    if (derived().exhausted()) return no_more();
    return row_is_over() ? post_entry() : std::coroutine_handle<>{};
  }
  [[gnu::cold, gnu::noinline]] std::coroutine_handle<> start_another() noexcept {
    const auto next = not_made(std::current_exception());
    return next ? next : start_next();
  }

  static Contexts no_context() noexcept {
    if constexpr (kMayBeTimed) {
      return Contexts{};
    } else {
      return Contexts{lowlevel::Deferred{}};
    }
  }

  [[no_unique_address]] Options options_;
  Contexts contexts_ = no_context();
};

}  // namespace mtaio::internal
