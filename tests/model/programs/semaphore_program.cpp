/// A few tasks acquire permits of a semaphore, release them, and change its limit.
#include <mtaio/semaphore.hpp>

#include "model/programs/actors.hpp"
#include "model/programs/modelled_wait.hpp"
#include "model/reference/semaphore_model.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace model {
namespace {

using namespace std::chrono_literals;
using mtaio::Semaphore;

// The greatest weight of a request, and the greatest limit.
constexpr std::size_t kMostPermits = 4;

class SemaphoreProgram;

/// `Operation` is `Acquire` or `TimedAcquire`.
template <class Operation>
class AcquireWait final
    : public ModelledWait<SemaphoreProgram, typename Operation::Awaiter, AcquireWait<Operation>> {
 public:
  static constexpr bool kTakesTurns = false;
  template <class Make>
  AcquireWait(SemaphoreProgram& run, Wait& wait, Make make)
      : AcquireWait::ModelledWait{run, wait, make} {}
  void at_once();
  void suspend();
  End resume();
};

class SemaphoreProgram final : public Actors {
 public:
  // For AcquireWait.
  SemaphoreModel& model() noexcept { return *model_; }
  void interfere() {
    switch (choose(4)) {
      case 0:
        return stop(choose(kActors));
      case 1:
        return set_limit(choose(kMostPermits + 1));
      case 2:
        return try_acquire();
      default:
        return release_one();
    }
  }
  void check_between() noexcept { compare(); }
  void keep(Semaphore::Permit permit, int weight) {
    expect_equal(weight, permit.weight(), "weight()");
    permits_.push_back(std::move(permit));
  }

 private:
  void set_up() override {
    const std::size_t limit = choose(kMostPermits + 1);
    note("Semaphore(%zu)", limit);
    semaphore_.emplace(static_cast<std::ptrdiff_t>(limit));
    model_.emplace(waits(), static_cast<int>(limit));
  }

  mtaio::Task<void> act(std::size_t actor) override {
    switch (choose(12)) {
      case 0:
      case 1:
      case 2:
        return acquire(actor);
      case 3:
      case 4:
        return acquire_until(actor, soon());
      case 5:
        return run_until(actor, soon());
      case 6:
        return look(actor);
      case 7:
        return sleep(actor);
      default:
        return interfere_once();
    }
  }

  /// Begins a wait for any number of permits.
  Wait& begin(std::size_t actor, Time deadline = kNever) {
    Wait& wait = waits().begin(actor, deadline);
    wait.item = any_weight();
    return wait;
  }
  int any_weight() { return 1 + static_cast<int>(choose(kMostPermits)); }

  mtaio::Task<void> acquire(std::size_t actor) {
    Wait& wait = begin(actor);
    note("actor %zu: acquire(%d)", actor, wait.item);
    AcquireWait<Semaphore::Acquire> operation{
        *this, wait, [&] { return semaphore_->acquire(wait.item).operator co_await(); }};
    co_await finish(actor, operation);
  }

  /// With the timeout of `acquire()`,
  mtaio::Task<void> acquire_until(std::size_t actor, Time deadline) {
    Wait& wait = begin(actor, deadline);
    note("actor %zu: acquire(%d, until %lld)", actor, wait.item,
         static_cast<long long>(deadline.count()));
    AcquireWait<Semaphore::TimedAcquire> operation{
        *this, wait,
        [&] { return semaphore_->acquire(wait.item, deadline - now()).operator co_await(); }};
    co_await finish(actor, operation, false);
  }

  /// and with that of `run()`.
  mtaio::Task<void> run_until(std::size_t actor, Time deadline) {
    Wait& wait = begin(actor, deadline);
    note("actor %zu: run(acquire(%d), until %lld)", actor, wait.item,
         static_cast<long long>(deadline.count()));
    AcquireWait<Semaphore::Acquire> operation{
        *this, wait, [&] { return semaphore_->acquire(wait.item).operator co_await(); }};
    co_await finish(actor, operation);
  }

  mtaio::Task<void> look(std::size_t actor) {
    const int weight = any_weight();
    note("actor %zu: acquire(%d, 0)", actor, weight);
    auto permit = co_await semaphore_->acquire(weight, seldom(2) ? 0s : -1s);
    tried(weight, std::move(permit));
  }

  mtaio::Task<void> interfere_once() {
    interfere();
    co_return;
  }

  void try_acquire() {
    const int weight = any_weight();
    note("try_acquire(%d)", weight);
    tried(weight, semaphore_->try_acquire(weight));
  }
  void tried(int weight, std::optional<Semaphore::Permit> permit) {
    expect_equal(model_->try_acquire(weight), permit.has_value(), "acquire without waiting");
    if (permit) keep(std::move(*permit), weight);
  }

  void set_limit(std::size_t limit) {
    note("set_limit(%zu)", limit);
    model_->set_limit(static_cast<int>(limit));
    semaphore_->set_limit(static_cast<std::ptrdiff_t>(limit));
  }

  void release_one() {
    if (permits_.empty()) return;
    const std::size_t which = choose(permits_.size());
    std::swap(permits_[which], permits_.back());
    note("release(%d)", static_cast<int>(permits_.back().weight()));
    model_->release(static_cast<int>(permits_.back().weight()));
    permits_.pop_back();
  }

  void compare() noexcept override {
    expect_equal(model_->limit(), semaphore_->limit(), "limit()");
    expect_equal(std::max(0, model_->free()), semaphore_->available(), "available()");
  }

  void let_go() override {
    switch (choose(3)) {
      case 0:
        return set_limit(100);
      case 1:
        while (!permits_.empty()) release_one();
        return;
      default:
        return;
    }
  }

  void tear_down() override {
    while (!permits_.empty()) release_one();
    expect_equal(semaphore_->limit(), semaphore_->available(), "permits that are left");
    semaphore_.reset();
  }

  std::optional<Semaphore> semaphore_;
  std::optional<SemaphoreModel> model_;
  std::vector<Semaphore::Permit> permits_;
};

template <class Operation>
void AcquireWait<Operation>::at_once() {
  this->run().model().acquire_at_once(this->wait());
}

template <class Operation>
void AcquireWait<Operation>::suspend() {
  this->run().model().acquire(this->wait());
}

template <class Operation>
End AcquireWait<Operation>::resume() {
  const Wait& wait = this->wait();
  if (wait.end != End::kServed) this->run().model().gave_up();
  std::optional<Semaphore::Permit> permit{this->inner().await_resume()};
  if (!permit) return End::kTimedOut;
  this->run().keep(std::move(*permit), wait.item);
  return End::kServed;
}

}  // namespace

std::unique_ptr<RandomProgram> make_semaphore_program() {
  return std::make_unique<SemaphoreProgram>();
}

}  // namespace model
