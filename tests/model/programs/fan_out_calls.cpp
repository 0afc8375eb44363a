/// The calls of the random trees of tasks: see fan_out_program.hpp.
#include <mtaio/exceptions.hpp>

#include "model/explore/check.hpp"
#include "model/programs/fan_out_program.hpp"
#include "model/programs/fan_out_results.hpp"

#include <array>
#include <chrono>
#include <cstdio>
#include <exception>
#include <limits>
#include <ranges>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <typeinfo>
#include <utility>

namespace model {
namespace {

using namespace std::chrono_literals;

struct NotMade : std::exception {
  [[nodiscard]] const char* what() const noexcept override { return "no task"; }
};

constexpr std::size_t kNowhere = std::numeric_limits<std::size_t>::max();
constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();

}  // namespace

bool CallRun::has_element(std::size_t index) {
  expect_equal(call.started, index, "the element that is asked for");
  if (index == throws_at) {
    const auto error = std::make_exception_ptr(NotMade{});
    model->not_made(call, error);
    call.range_ended = true;
    std::rethrow_exception(error);
  }
  if (index < call.size) {
    model->check_may_start(call);
    return true;
  }
  model->range_ended(call);
  return false;
}

void CallRun::make(std::size_t index) {
  expect_equal(call.started, index, "the element that a task is made for");
  if (index != throws_at) return model->check_may_start(call);
  const auto error = std::make_exception_ptr(NotMade{});
  model->not_made(call, error);
  std::rethrow_exception(error);
}

mtaio::GatherOptions CallRun::options() {
  mtaio::GatherOptions options;
  if (call.limit != kNoLimit) options.limit = call.limit;
  options.timeout = timeout;
  options.task_timeout = task_timeout;
  options.progress = &*progress;
  return options;
}

// --- Making calls ---

mtaio::Task<Story> FanOutProgram::call(int scope, int depth) {
  CallRun& run = new_call(scope, depth);
  switch (run.kind) {
    case CallRun::Kind::kRun:
      return finish(run, executor_.run(child(run, 0), {.timeout = run.timeout}));
    case CallRun::Kind::kGather:
    case CallRun::Kind::kGatherPair:
      return gather(run);
    case CallRun::Kind::kMapPlain:
      return map_plain(run);
    default:
      return map(run);
  }
}

CallRun& FanOutProgram::new_call(int scope, int depth) {
  if (calls_begun_ == calls_.size()) calls_.push_back(std::make_unique<CallRun>());
  CallRun& run = *calls_[calls_begun_++];
  auto children = std::move(run.call.children);  // for their memory
  children.clear();
  run.call = Call{};
  run.call.children = std::move(children);
  run.number = static_cast<int>(calls_begun_);
  run.depth = depth;
  run.progress.emplace();
  run.model = &model_;
  run.kind = static_cast<CallRun::Kind>(choose(CallRun::kKinds));
  // What ends has the library look for deadlines above, at a moment that is not seen here.
  if (run.kind == CallRun::Kind::kMapPlain && scopes_.has_deadline(scope)) {
    run.kind = CallRun::Kind::kMap;
  }
  run.call.outer_scope = scope;
  run.call.is_run = run.kind == CallRun::Kind::kRun;
  choose_options(run);
  run.call.children.resize(run.call.size);
  const Time deadline =
      run.timeout && !run.call.times_out_at_once ? now() + run.timeout->nanoseconds() : kNever;
  const bool has_scope = run.kind != CallRun::Kind::kRun || run.timeout;
  run.call.scope = has_scope ? scopes_.open(scope, deadline) : scope;
  note(now(), "call %d: kind %d of %zu, limit %zd, collects %d, until %lld, task_timeout %lld",
       run.number, static_cast<int>(run.kind), run.call.size, run.call.limit,
       run.call.collects ? 1 : 0, static_cast<long long>(deadline.count()),
       static_cast<long long>(run.task_timeout ? run.task_timeout->nanoseconds().count() : 0));
  return run;
}

void FanOutProgram::choose_options(CallRun& run) {
  using Kind = CallRun::Kind;
  Call& call = run.call;
  call.size = choose(5);
  call.sized = run.kind != Kind::kMapElements;
  call.limit = seldom(2) ? 1 + choose(2) : kNoLimit;
  call.collects = run.kind != Kind::kRun && seldom(2);
  if (run.kind == Kind::kRun) call.size = call.limit = 1;
  if (run.kind == Kind::kGatherPair) call.size = 2;
  run.is_large = run.kind != Kind::kRun && run.kind != Kind::kGatherPair && seldom(256);
  if (run.is_large) call.size = 130;
  run.throws_at = kNowhere;
  const bool has_function = static_cast<int>(run.kind) >= static_cast<int>(Kind::kMap);
  if (has_function && seldom(6)) run.throws_at = choose(call.size + 1);
  run.timeout.reset();
  run.task_timeout.reset();
  if (run.is_large) return;
  call.times_out_at_once = seldom(32);
  if (call.times_out_at_once) {
    run.timeout = seldom(2) ? 0s : -1s;
  } else if (seldom(4)) {
    run.timeout = soon() - now();
  }
  if (run.kind != Kind::kRun && run.kind != Kind::kMapPlain && seldom(6)) {
    // A digit for each call, above those of soon(): two deadlines are the same only when two tasks
    // of a call start at the same moment.
    Time::rep digit = 100;
    for (int i = 1; i < run.number; ++i) digit *= 10;
    run.task_timeout = Time{std::chrono::seconds{1 + choose(4)}} + Time{digit};
  }
}

mtaio::Task<Story> FanOutProgram::gather(CallRun& run) {
  const auto options = run.options();
  if (run.kind == CallRun::Kind::kGatherPair) {
    if (!run.call.collects)
      return finish(run, executor_.gather(options, child(run, 0), child(run, 1)));
    return finish(
        run, executor_.gather(mtaio::return_exceptions, options, child(run, 0), child(run, 1)));
  }
  std::vector<mtaio::Task<int>> tasks;
  tasks.reserve(run.call.size);
  for (std::size_t i = 0; i < run.call.size; ++i) tasks.push_back(child(run, i));
  if (!run.call.collects) return finish(run, executor_.gather(std::move(tasks), options));
  return finish(run, executor_.gather(mtaio::return_exceptions, std::move(tasks), options));
}

mtaio::Task<Story> FanOutProgram::map(CallRun& run) {
  const auto options = run.options();
  const auto numbers = std::views::iota(std::size_t{0}, run.call.size);
  const auto more = std::views::iota(std::size_t{0}, run.call.size + choose(2));
  const auto make = [this, &run](std::size_t index) {
    run.make(index);
    return child(run, index);
  };
  const auto make_void = [this, &run](std::size_t index) {
    run.make(index);
    return void_child(run, index);
  };
  const auto make_pair = [this, &run](std::size_t index, std::size_t same) {
    expect_equal(index, same, "the second element");
    run.make(index);
    return child(run, index);
  };
  const auto make_element = [this, &run](std::size_t index) { return child(run, index); };
  if (!run.call.collects) {
    switch (run.kind) {
      case CallRun::Kind::kMapVoid:
        return finish(run, executor_.map(make_void, numbers, options));
      case CallRun::Kind::kMapPairs:
        return finish(run, executor_.map(make_pair, numbers, more, options));
      case CallRun::Kind::kMapElements:
        return finish(run, executor_.map(make_element, Elements{run}, options));
      default:
        return finish(run, executor_.map(make, numbers, options));
    }
  }
  constexpr auto kCollect = mtaio::return_exceptions;
  switch (run.kind) {
    case CallRun::Kind::kMapVoid:
      return finish(run, executor_.map(kCollect, make_void, numbers, options));
    case CallRun::Kind::kMapPairs:
      return finish(run, executor_.map(kCollect, make_pair, numbers, more, options));
    case CallRun::Kind::kMapElements:
      return finish(run, executor_.map(kCollect, make_element, Elements{run}, options));
    default:
      return finish(run, executor_.map(kCollect, make, numbers, options));
  }
}

mtaio::Task<Story> FanOutProgram::map_plain(CallRun& run) {
  run.call.started = run.call.size;
  if (!run.call.times_out_at_once && run.call.size > 0) scopes_.attach(run.call.scope);
  const auto function = [this, &run](std::size_t index) { return run_plain(run, index); };
  const auto numbers = std::views::iota(std::size_t{0}, run.call.size);
  if (!run.call.collects) return finish(run, executor_.map(function, numbers, run.options()));
  return finish(run, executor_.map(mtaio::return_exceptions, function, numbers, run.options()));
}

// --- What comes of them ---

template <class Operation>
mtaio::Task<Story> FanOutProgram::finish(CallRun& run, Operation operation) {
  Story story;
  try {
    if constexpr (std::is_void_v<mtaio::await_result_t<Operation&>>) {
      co_await operation;
    } else {
      const auto results = co_await operation;
      check_results(run.call, results);
    }
  } catch (const mtaio::TimeoutError&) {
    story = {Ended::kTimedOut, std::current_exception()};
  } catch (const mtaio::CancelledError&) {
    story = {Ended::kCancelled, std::current_exception()};
  } catch (const mtaio::ExecutionError& error) {
    check_failures(run.call, error, run.kind == CallRun::Kind::kMapPlain);
    story = {Ended::kError, std::current_exception()};
  }
  if (story.ended == Ended::kTimedOut || story.ended == Ended::kCancelled) {
    if (run.kind != CallRun::Kind::kMapPlain) check_nested(run.call, story.error);
  }
  note(now(), "call %d returns as %d", run.number, static_cast<int>(story.ended));
  const Ended expected = result(run, story.ended);
  expect_equal(expected, story.ended,
               "a call ended (1 value, 2 failure, 3 timeout, 4 cancelled) as");
  // To whoever awaits the call, each of these is an error of its own.
  if (story.ended == Ended::kTimedOut) story.ended = Ended::kError;
  co_return story;
}

Ended FanOutProgram::result(CallRun& run, Ended found) noexcept {
  if (run.kind == CallRun::Kind::kRun) return result_of_run(run, found);
  if (run.kind == CallRun::Kind::kMapPlain) return result_of_plain(run, found);
  const Ended expected = model_.result(run.call, found);
  check_progress(run);
  return expected;
}

Ended FanOutProgram::result_of_run(CallRun& run, Ended found) noexcept {
  Call& call = run.call;
  call.open = false;
  if (call.times_out_at_once) return Ended::kTimedOut;
  Ended ended = call.children[0].ended;
  if (ended == Ended::kCancelled && !scopes_.notice_if_requested(call.scope)) ended = Ended::kError;
  if (run.timeout) {
    scopes_.close(call.scope);
    const auto& scope = scopes_[call.scope];
    if (scope.expired && scope.noticed == ScopeModel::Maybe::kYes) return Ended::kTimedOut;
    if (scope.expired && scope.noticed == ScopeModel::Maybe::kMaybe && found == Ended::kTimedOut) {
      return found;
    }
  }
  return ended;
}

}  // namespace model
