/// A few tasks wait on a latch and count it down.
#include <mtaio/latch.hpp>

#include "model/programs/actors.hpp"
#include "model/programs/modelled_wait.hpp"
#include "model/reference/latch_model.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>

namespace model {
namespace {

using namespace std::chrono_literals;

class LatchProgram;

class LatchWait final : public ModelledWait<LatchProgram, mtaio::Latch::Wait::Awaiter, LatchWait> {
 public:
  static constexpr bool kTakesTurns = false;
  template <class Make>
  LatchWait(LatchProgram& run, Wait& wait, Make make) : ModelledWait{run, wait, make} {}
  void at_once();
  void suspend();
  End resume() { return inner().await_resume() ? End::kServed : End::kTimedOut; }
};

class LatchProgram final : public Actors {
 public:
  // For LatchWait.
  LatchModel& model() noexcept { return *model_; }
  void interfere() {
    if (seldom(3)) {
      stop(choose(kActors));
    } else {
      count_down(choose(3));
    }
  }
  void check_between() noexcept {}

 private:
  void set_up() override {
    const std::size_t count = choose(4);
    note("Latch(%zu)", count);
    latch_.emplace(static_cast<std::ptrdiff_t>(count));
    model_.emplace(waits(), count);
  }

  mtaio::Task<void> act(std::size_t actor) override {
    switch (choose(8)) {
      case 0:
      case 1:
        return wait(actor);
      case 2:
      case 3:
        return wait_until(actor, soon());
      case 4:
        return run_until(actor, soon());
      case 5:
        return look(actor);
      case 6:
        return sleep(actor);
      default:
        return interfere_once();
    }
  }

  mtaio::Task<void> wait(std::size_t actor) {
    note("actor %zu: wait()", actor);
    LatchWait operation{*this, waits().begin(actor),
                        [this] { return latch_->wait().operator co_await(); }};
    co_await finish(actor, operation);
  }

  /// With the timeout of `wait()`,
  mtaio::Task<void> wait_until(std::size_t actor, Time deadline) {
    note("actor %zu: wait(until %lld)", actor, static_cast<long long>(deadline.count()));
    LatchWait operation{*this, waits().begin(actor, deadline), [this, deadline] {
                          return latch_->wait(deadline - now()).operator co_await();
                        }};
    co_await finish(actor, operation, false);
  }

  /// and with that of `run()`.
  mtaio::Task<void> run_until(std::size_t actor, Time deadline) {
    note("actor %zu: run(wait(), until %lld)", actor, static_cast<long long>(deadline.count()));
    LatchWait operation{*this, waits().begin(actor, deadline),
                        [this] { return latch_->wait().operator co_await(); }};
    co_await finish(actor, operation);
  }

  mtaio::Task<void> look(std::size_t actor) {
    note("actor %zu: wait(0)", actor);
    const bool open = co_await latch_->wait(seldom(2) ? 0s : -1s);
    expect_equal(model_->count() == 0, open, "wait(0)");
  }

  mtaio::Task<void> interfere_once() {
    interfere();
    co_return;
  }

  void count_down(std::size_t steps) {
    note("count_down(%zu)", steps);
    model_->count_down(steps);
    latch_->count_down(static_cast<std::ptrdiff_t>(steps));
  }

  void compare() noexcept override {
    expect_equal(model_->count(), latch_->get_count(), "get_count()");
  }

  void let_go() override {
    if (seldom(2)) count_down(100);
  }

  void tear_down() override { latch_.reset(); }

  std::optional<mtaio::Latch> latch_;
  std::optional<LatchModel> model_;
};

void LatchWait::at_once() { run().model().wait_at_once(wait()); }
void LatchWait::suspend() { run().model().wait(wait()); }

}  // namespace

std::unique_ptr<RandomProgram> make_latch_program() { return std::make_unique<LatchProgram>(); }

}  // namespace model
