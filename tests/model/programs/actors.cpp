#include "model/programs/actors.hpp"

#include "base/exception_cast.hpp"

namespace model {
namespace {

using namespace std::chrono_literals;

// For how long the simulated machine may keep a task waiting,
constexpr Time kLag = 2us;
// how long a wait may last at most,
constexpr std::size_t kMicroseconds = 6;
// and after how long all of them are over, and those who still wait do so for ever.
constexpr Time kLong = 1ms;

}  // namespace

Actors::Actors()
    : simulation_{{.seed = 0, .max_lag = kLag, .max_steps = 100'000, .observer = this}},
      waits_{simulation_, kLag} {}

void Actors::run(std::uint64_t seed) {
  simulation_.restart(seed);
  waits_.reset();
  for (Scope& scope : scopes_) scope.reset();
  interrupted_.fill(false);
  moments_ = 0;
  running_ = kActors;
  set_up();
  simulation_.run(main());
  expect(!simulation_.timers_armed(), "a timer is left armed");
  expect_equal(0, running_, "actors that have not ended");
  tear_down();
}

mtaio::Task<void> Actors::main() {
  co_await executor_.gather(scoped(0), scoped(1), scoped(2), scoped(3), control());
}

mtaio::Task<void> Actors::scoped(std::size_t actor) {
  co_await scopes_[actor].await(script(actor));
}

mtaio::Task<void> Actors::script(std::size_t actor) {
  for (std::size_t operations = choose(4); operations > 0; --operations) co_await act(actor);
  --running_;
}

mtaio::Task<void> Actors::control() {
  co_await mtaio::sleep(kLong);
  if (running_ == 0) co_return;
  let_go();
  co_await mtaio::sleep(kLong);
  for (std::size_t actor = 0; actor < kActors; ++actor) stop(actor);
}

End Actors::end_of(const mtaio::ExecutionError& error) {
  using mtaio::internal::exception_cast;
  if (exception_cast<mtaio::QueueShutDown>(error.cause())) return End::kShutDown;
  if (exception_cast<MoveFailed>(error.cause())) return End::kFailed;
  return End::kNone;
}

Time Actors::soon() {
  constexpr auto kTick = Time{1us}.count();
  const auto ticks = now().count() / kTick + 1 + static_cast<Time::rep>(choose(kMicroseconds));
  return Time{ticks * kTick + ++moments_};
}

mtaio::Task<void> Actors::sleep(std::size_t actor) {
  const bool yields = seldom(2);
  const Time deadline = yields ? now() : soon();
  Wait& wait = waits_.begin(actor, deadline);
  if (yields && !wait.stopped) {
    waits_.end(wait, End::kTimedOut);
  } else {
    waits_.enter(wait, nullptr);
  }
  const auto step = simulation_.steps();
  End end = End::kTimedOut;
  try {
    co_await mtaio::sleep(deadline - now());
  } catch (const mtaio::CancelledError&) {
    end = End::kCancelled;
  }
  went_on(actor, end);
  expect(end == End::kCancelled || simulation_.steps() > step, "sleep: others did not run");
}

/// A timeout of the executor is a request to stop as well, so the one above may be noticed with it.
void Actors::went_on(std::size_t actor, End end) noexcept {
  waits_.went_on(actor, end);
  interrupted_[actor] |= end == End::kCancelled || end == End::kTimedOut;
  const bool noticed = scopes_[actor].noticed();
  expect(noticed || end != End::kCancelled, "a request to stop that was not noticed");
  expect(!noticed || interrupted_[actor], "a request to stop noticed, and nothing came of it");
}

void Actors::stop(std::size_t actor) {
  note("stop actor %zu", actor);
  waits_.stop(actor);
  scopes_[actor].request_stop();
}

void Actors::after(mtaio::testing::Step step) noexcept {
  waits_.after(step);
  compare();
}

}  // namespace model
