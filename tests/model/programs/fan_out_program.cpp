#include "model/programs/fan_out_program.hpp"

#include <mtaio/exceptions.hpp>
#include <mtaio/sleep.hpp>
#include <mtaio/this_task.hpp>

#include "model/explore/check.hpp"
#include "model/programs/canary.hpp"
#include "model/programs/live.hpp"

#include <algorithm>
#include <chrono>

namespace model {
namespace {

using namespace std::chrono_literals;

// Time is in large pieces: its digits tell moments apart.
constexpr Time kTick = 1s;
constexpr Time kLag = 2 * kTick;
constexpr std::size_t kTicks = 6;  // how long a wait may last at most
constexpr std::int64_t kMostMoments = 99;

// How large a tree of tasks grows.
constexpr std::size_t kMostTasks = 24;
constexpr std::size_t kMostCalls = 6;
constexpr int kDeepest = 3;

std::exception_ptr cancelled_error(bool with_nested) {
  if (!with_nested) return std::make_exception_ptr(mtaio::CancelledError{});
  try {
    throw TaskFailed{};
  } catch (const TaskFailed&) {
    try {
      std::throw_with_nested(mtaio::CancelledError{});
    } catch (const mtaio::CancelledError&) {
      return std::current_exception();
    }
  }
}

}  // namespace

FanOutProgram::FanOutProgram()
    : simulation_{{.seed = 0, .max_lag = kLag, .max_steps = 100'000, .observer = this}},
      scopes_{simulation_, kLag},
      model_{scopes_} {}

void FanOutProgram::run(std::uint64_t seed) {
  simulation_.restart(seed);
  scopes_.reset();
  root_scope_.reset();
  modelled_root_ = scopes_.open(-1);
  calls_begun_ = tasks_begun_ = 0;
  moments_ = 0;
  simulation_.run(main());
  expect(!simulation_.timers_armed(), "a timer is left armed");
  expect_equal(0, Live::count(), "frames that are left over");
  for (std::size_t i = 0; i < calls_begun_; ++i) {
    expect(!calls_[i]->call.open, "a call has not returned");
  }
}

mtaio::Task<void> FanOutProgram::main() { co_await root_scope_.await(root()); }

mtaio::Task<void> FanOutProgram::root() { co_await call(modelled_root_, 0); }

Time FanOutProgram::soon() {
  if (moments_ == kMostMoments) diverged("the program has more moments than can be told apart");
  const auto ticks = now() / kTick + 1 + static_cast<Time::rep>(choose(kTicks));
  return ticks * kTick + Time{++moments_};
}

// --- Tasks ---

mtaio::Task<int> FanOutProgram::child(CallRun& run, std::size_t index) {
  const Live live;
  Call& call = run.call;
  note(now(), "call %d: task %zu starts", run.number, index);
  if (run.kind != CallRun::Kind::kRun) model_.started(call, index);
  int scope = call.scope;
  const int value = run.number * 1000 + static_cast<int>(index);
  std::optional<Canary> canary;
  if (run.task_timeout) {
    scope = scopes_.open(scope, now() + run.task_timeout->nanoseconds());
    if (call.limit > 1) {
      if (!scopes_.tells_timers_apart(scope)) co_await look_at_token(scope);
      auto& context = co_await OwnContext{};
      canary.emplace(context.scope, scopes_, scope);
    }
  }
  Story story;
  if (!run.is_large && tasks_begun_ < kMostTasks) {
    ++tasks_begun_;
    story = co_await act(scope, run.depth);
  }
  canary.reset();
  if (scopes_[scope].noticed == ScopeModel::Maybe::kMaybe) co_await look_at_token(scope);
  Ended how = story.ended;
  if (scope != call.scope) {
    if (how == Ended::kCancelled) (void)scopes_.notice_if_requested(scope);
    scopes_.close(scope);
    if (scopes_[scope].expired && scopes_[scope].noticed == ScopeModel::Maybe::kYes) {
      how = Ended::kTimedOut;
    }
  }
  note(now(), "call %d: task %zu ends as %d", run.number, index, static_cast<int>(how));
  call.children[index].value = value;
  call.children[index].error = story.error;
  if (run.kind == CallRun::Kind::kRun) {
    call.children[index].ended = how;
  } else {
    model_.ended(call, index, how);
  }
  if (story.error) std::rethrow_exception(story.error);
  co_return value;
}

mtaio::Task<void> FanOutProgram::void_child(CallRun& run, std::size_t index) {
  co_await child(run, index);
}

/// What a task does.
mtaio::Task<Story> FanOutProgram::act(int scope, int depth) {
  for (std::size_t left = choose(3); left > 0; --left) {
    if (!scopes_.tells_timers_apart(scope)) co_await look_at_token(scope);
    Story story = co_await do_something(scope, depth);
    if (story.ended == Ended::kValue || seldom(4)) continue;  // it swallows the error
    co_return story;
  }
  if (!seldom(6)) co_return Story{};
  if (!seldom(4)) co_return Story{Ended::kError, std::make_exception_ptr(TaskFailed{})};
  co_return Story{Ended::kCancelled, cancelled_error(seldom(2))};
}

mtaio::Task<Story> FanOutProgram::do_something(int scope, int depth) {
  switch (choose(16)) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
      return sleep(scope);
    case 5:
    case 6:
      return yield(scope);
    case 7:
    case 8:
      return call_a_function(scope);
    case 9:
    case 10:
    case 11:
    case 12:
      return depth < kDeepest && calls_begun_ < kMostCalls ? call(scope, depth + 1) : yield(scope);
    case 13:
      return look_at_token(scope);
    case 14:
      return seldom(4) ? stop_all() : nothing();
    default:
      return nothing();
  }
}

mtaio::Task<Story> FanOutProgram::sleep(int scope) {
  const Time deadline = soon();
  const int sleeper = scopes_.begin_wait(scope, deadline);
  Story story;
  try {
    co_await mtaio::sleep(deadline - now());
  } catch (const mtaio::CancelledError&) {
    story = {Ended::kCancelled, std::current_exception()};
  }
  scopes_.went_on(sleeper, story.error ? End::kCancelled : End::kTimedOut);
  co_return story;
}

mtaio::Task<Story> FanOutProgram::yield(int scope) {
  const int sleeper = scopes_.begin_wait(scope, kNever);
  if (scopes_.sleeper(sleeper).end == End::kNone) scopes_.serve(sleeper);
  const auto step = simulation_.steps();
  Story story;
  try {
    co_await mtaio::sleep(0s);
    expect(simulation_.steps() > step, "sleep(0s): others did not run");
  } catch (const mtaio::CancelledError&) {
    story = {Ended::kCancelled, std::current_exception()};
  }
  scopes_.went_on(sleeper, story.error ? End::kCancelled : End::kServed);
  co_return story;
}

mtaio::Task<Story> FanOutProgram::call_a_function(int scope) {
  const bool fails = seldom(8);
  const int sleeper = scopes_.begin_wait(scope, kNever, true);
  const auto function = [this, sleeper, fails] {
    expect(scopes_.sleeper(sleeper).end == End::kNone, "a function runs that was taken back");
    scopes_.serve(sleeper);
    if (fails) throw TaskFailed{};
    return 1;
  };
  Story story;
  End end = End::kServed;
  try {
    co_await executor_.run_in_thread(function);
    expect(!fails, "the exception of a function is missing");
  } catch (const mtaio::CancelledError&) {
    end = End::kCancelled;
    story = {Ended::kCancelled, std::current_exception()};
  } catch (const mtaio::ExecutionError&) {
    expect(fails, "a function has failed for no reason");
    story = {Ended::kError, std::current_exception()};
  }
  scopes_.went_on(sleeper, end);
  co_return story;
}

mtaio::Task<Story> FanOutProgram::look_at_token(int scope) {
  const mtaio::StopToken token = co_await mtaio::this_task::stop_token();
  const bool expected = scopes_.stop_requested(scope);
  if (expected) scopes_.notice(scope);
  expect_equal(expected, token.stop_requested(), "stop_requested()");
  co_return Story{};
}

mtaio::Task<Story> FanOutProgram::stop_all() {
  note(now(), "stop all");
  scopes_.stop(modelled_root_);
  root_scope_.request_stop();
  co_return Story{};
}

mtaio::Task<Story> FanOutProgram::nothing() { co_return Story{}; }

// --- Looking on ---

void FanOutProgram::after(mtaio::testing::Step step) noexcept {
  scopes_.after(step);
  for (std::size_t i = 0; i < calls_begun_; ++i) {
    if (calls_[i]->call.open) look_at(*calls_[i], step);
  }
}

void FanOutProgram::look_at(CallRun& run, mtaio::testing::Step step) noexcept {
  Call& call = run.call;
  const bool rest = step == mtaio::testing::Step::kRest;
  call.started_in_a_row = 0;
  if (run.kind == CallRun::Kind::kRun) return;
  if (run.kind == CallRun::Kind::kMapPlain) {
    expect(run.progress->started() - run.progress->done() <= call.limit, "the limit is exceeded");
    expect(!rest || call.size == 0, "nothing runs any more, but a function might");
    return;
  }
  check_progress(run);
  if (rest) model_.check_rest(call);
}

void FanOutProgram::check_progress(const CallRun& run) noexcept {
  const Call& call = run.call;
  if (call.times_out_at_once) return;
  expect_equal(call.started, run.progress->started(), "Progress::started()");
  expect_equal(call.started - call.live, run.progress->done(), "Progress::done()");
  expect_equal(call.failed, run.progress->failed(), "Progress::failed()");
  std::size_t total = call.sized ? call.size : 0;
  if (call.total_known) total = call.started;
  expect_equal(total, run.progress->total(), "Progress::total()");
}

std::unique_ptr<RandomProgram> make_fan_out_program() { return std::make_unique<FanOutProgram>(); }

}  // namespace model
