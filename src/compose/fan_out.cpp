#include <mtaio/lowlevel/fan_out.hpp>

#include <mtaio/lowlevel/timed_task.hpp>
#include <mtaio/lowlevel/worker.hpp>

#include <mutex>
#include <new>
#include <utility>

namespace mtaio::lowlevel {
namespace {

// Every so many children, the worker gets to look at its other work, and the whole chain of scopes
// is asked for a stop request: children that never wait would hear of one only then.
constexpr std::size_t kChildrenInARow = 64;

}  // namespace

FanOut::FanOut(const GatherOptions& options, bool collects_errors) noexcept
    : Job{&FanOut::run}, options_{options}, collects_errors_{collects_errors} {}

FanOut::~FanOut() = default;

void FanOut::count(Progress::Counter Progress::* counter) const noexcept {
  if (options_.progress) {
    (options_.progress->*counter).fetch_add(1, std::memory_order_relaxed);
  }
}

void FanOut::set_total(std::size_t total) noexcept {
  if (options_.progress) {
    options_.progress->total_.fetch_add(total, std::memory_order_relaxed);
  }
}

std::coroutine_handle<> FanOut::begin(std::coroutine_handle<> parent, TaskContext* context) {
  scheduler_ = &scheduler_of(context);
  parent_ = parent;
  parent_context_ = context;
  set_root(context_.emplace(context, options_.timeout).root);
  state_.store(1, std::memory_order_relaxed);
  return start_next();
}

/// The worker that this thread is, if it is one of the scheduler's.
Worker* FanOut::worker_here() const noexcept {
  Worker* worker = this_thread().worker;
  return worker && &worker->scheduler == scheduler_ ? worker : nullptr;
}

/// As a job: somebody found the entry in a deque.
std::coroutine_handle<> FanOut::run(Job& job) noexcept {
  auto& self = static_cast<FanOut&>(job);
  self.state_.fetch_add(1, std::memory_order_relaxed);
  return self.start_next();
}

/// REQUIRES: the caller holds the entry, and the child to be started is counted in state_.
std::coroutine_handle<> FanOut::start_next() noexcept {
  const std::coroutine_handle<> child = make_child();
  if (!child) return no_more();
  if (exhausted()) {
    // relaxed: the child is still to run, so this cannot be the end. If it is the only one, nobody
    // else is at the state.
    if (state_.load(std::memory_order_relaxed) == 1) {
      state_.store(kNoMore | 1, std::memory_order_relaxed);
    } else {
      state_.fetch_or(kNoMore, std::memory_order_relaxed);
    }
  } else {
    offer_entry();
  }
  return child;
}

/// The same, but once in a while behind everything else that is ready.
std::coroutine_handle<> FanOut::start_next_in_turn() noexcept {
  if (started_ % kChildrenInARow != 0) return start_next();
  state_.fetch_sub(1, std::memory_order_release);
  scheduler_->post(*this);
  return std::noop_coroutine();
}

std::coroutine_handle<> FanOut::make_child() noexcept {
  while (!halted()) {
    try {
      const std::coroutine_handle<> child = next_child();
      if (child) {
        ++started_;
        count(&Progress::started_);
      }
      return child;
    } catch (...) {
      const std::exception_ptr error = std::current_exception();
      const std::size_t index = started_++;
      count(&Progress::started_);
      count(&Progress::done_);
      child_failed(index, error);
      if (!collects_errors_) return {};
      try {
        keep_error(error);
      } catch (...) {
        // No memory for one more result: the call as a whole fails.
        const std::scoped_lock guard{failures_lock_};
        if (!first_error_) {
          first_error_ = std::current_exception();
          first_index_ = index;
        }
        halt();
        return {};
      }
      if (exhausted()) return {};
    }
  }
  return {};
}

/// REQUIRES: the caller holds the entry, and gives it up with this.
void FanOut::offer_entry() noexcept {
  const std::size_t limit = options_.limit.value();
  std::uint64_t state = state_.load(std::memory_order_relaxed);
  // Others can only lower the count, so when it is below the limit it stays there.
  while ((state & kLive) >= limit) {
    // release: the next holder sees what this one did as the holder.
    if (state_.compare_exchange_weak(state, state | kParked, std::memory_order_release,
                                     std::memory_order_relaxed)) {
      return;
    }
  }
  if (Worker* worker = worker_here()) {
    worker->push_fork(*this);
  } else {
    scheduler_->post(*this);
  }
}

std::coroutine_handle<> FanOut::child_ended() noexcept {
  count(&Progress::done_);
  Worker* worker = worker_here();
  if (worker && worker->forks.pop_if(this)) return start_next_in_turn();
  std::uint64_t state = state_.load(std::memory_order_acquire);
  for (;;) {
    // The only one left: nobody else can touch the state any more.
    if (state == (kNoMore | 1)) return parent_;
    const bool parked = (state & kParked) != 0;
    const std::uint64_t next = parked ? state & ~kParked : state - 1;
    // acq_rel: the last child to end, and the next holder, see what all others did.
    if (!state_.compare_exchange_weak(state, next, std::memory_order_acq_rel,
                                      std::memory_order_acquire)) {
      continue;
    }
    if (parked) return start_next_in_turn();
    return std::noop_coroutine();
  }
}

/// REQUIRES: the caller holds the entry, and a child that does not come is counted in state_.
std::coroutine_handle<> FanOut::no_more() noexcept {
  std::uint64_t state = state_.load(std::memory_order_relaxed);
  while (!state_.compare_exchange_weak(state, (state - 1) | kNoMore, std::memory_order_acq_rel,
                                       std::memory_order_relaxed)) {
  }
  if ((state & kLive) == 1) return parent_;
  return std::noop_coroutine();
}

bool FanOut::halted() noexcept {
  if (halted_.load(std::memory_order_acquire)) return true;
  StopScope& scope = context_->scope;
  const bool look = started_ % kChildrenInARow == kChildrenInARow - 1;
  if (!scope.stop_arrived() && !(look && scope.stop_requested())) return false;
  scope.notice();
  cut_short_ = true;
  return true;
}

void FanOut::halt() noexcept {
  halted_.store(true, std::memory_order_release);
  context_->scope.request_stop();
}

bool FanOut::caller_stop_requested() const noexcept {
  return parent_context_ != nullptr && parent_context_->scope.stop_requested();
}

void FanOut::child_failed(std::size_t index, const std::exception_ptr& error) noexcept {
  count(&Progress::failed_);
  const bool cancelled = is_cancelled(error);
  if (collects_errors_ && !cancelled) return;
  // A caller that was asked to stop gets to hear of that, not of what came of it. Asked outside the
  // lock: a deadline that has passed notifies others now.
  const bool caller_stopped = !halted_.load(std::memory_order_acquire) && caller_stop_requested();
  if (caller_stopped) parent_context_->scope.notice();
  {
    const std::scoped_lock guard{failures_lock_};
    if (!first_error_ && !cancelled_) {  // nothing has gone wrong before
      if (cancelled || caller_stopped) {
        cancelled_ = true;
      } else {
        first_error_ = error;
        first_index_ = index;
      }
    }
    if (first_error_ && !cancelled) {
      try {
        failures_.push_back({index, error});
      } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch)
        // The first one is kept in any case; the list of the others is shorter than it might be.
      }
    }
  }
  if (!collects_errors_) halt();
}

void FanOut::finish(std::optional<std::size_t> total) {
  context_->close();
  if (context_->cut_off()) throw_timed_out(*options_.timeout);
  if (first_error_) {
    if (failures_.empty()) failures_.push_back({first_index_, first_error_});
    throw ExecutionError{std::move(failures_), total};
  }
  const bool caller_stopped = caller_stop_requested();
  if (cut_short_ || (cancelled_ && (!collects_errors_ || caller_stopped))) throw CancelledError{};
}

}  // namespace mtaio::lowlevel
