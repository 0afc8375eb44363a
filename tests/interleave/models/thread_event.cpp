/// The event that threads block on: no wake-up is lost, and set() does not touch it once it is set.
#include <mtaio/platform/thread_event.hpp>

#include "interleave/models/model.hpp"

#include <memory>

namespace {

using namespace models;
using mtaio::internal::ThreadEvent;

void the_waiter_destroys_it() {
  auto event = std::make_unique<ThreadEvent>();
  int data = 0;
  in_threads(
      [&, set = event.get()] {
        data = 1;
        set->set();
      },
      [&] {
        event->wait();
        require(data == 1, "set/see");
        event.reset();
      });
}

void two_waiters() {
  ThreadEvent event;
  int data = 0;
  const auto wait = [&] {
    event.wait();
    require(data == 1, "set/see");
  };
  in_threads(wait, wait, [&] {
    data = 1;
    event.set();
  });
}

void a_wait_with_a_deadline() {
  ThreadEvent event;
  int data = 0;
  in_threads(
      [&] {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds{1};
        if (event.wait_until(deadline)) require(data == 1, "set/see");
      },
      [&] {
        data = 1;
        event.set();
      });
}

void a_wait_until_its_deadline() {
  const ThreadEvent event;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds{1};
  require(!event.wait_until(deadline), "nothing sets it");
  require(std::chrono::steady_clock::now() >= deadline, "it waits until then");
}

void looked_at_before_it_blocks() {
  ThreadEvent event;
  int data = 0;
  in_threads(
      [&] {
        if (event.is_set_soon()) require(data == 1, "set/see");
      },
      [&] {
        data = 1;
        event.set();
      });
}

TEST_CASE("model: ThreadEvent") {
  check_model("the waiter destroys the event", &the_waiter_destroys_it, all(50'000));
  check_model("two waiters", &two_waiters, all(50'000));
  check_model("looked at before it blocks", &looked_at_before_it_blocks, all(50'000));
  check_model("a wait until its deadline", &a_wait_until_its_deadline, all(50'000));
  Options any_time = all(50'000);
  any_time.timeouts = Timeouts::kAnyTime;
  check_model("a wait with a deadline", &a_wait_with_a_deadline, any_time);
  Options spurious = all(50'000);
  spurious.spurious_wake_ups = true;
  check_model("the futex wakes for no reason", &two_waiters, spurious);
}

}  // namespace
