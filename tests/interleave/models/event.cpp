/// The event: set() lets through all that wait, and they may destroy it.
#include <mtaio/event.hpp>

#include <mtaio/task.hpp>

#include "interleave/models/loop_scheduler.hpp"
#include "interleave/models/model.hpp"

#include <memory>

namespace {

using namespace models;
using mtaio::Event;
using mtaio::Task;

Task<void> wait_and_destroy(std::unique_ptr<Event>& event, const int& data) {
  co_await event->wait();
  require(data == 1, "what came before set() is visible");
  event.reset();
}

void the_waiter_destroys_the_event() {
  LoopScheduler scheduler;
  auto event = std::make_unique<Event>();
  int data = 0;
  in_threads([&] { scheduler.run(wait_and_destroy(event, data)); },
             [&, sets = event.get()] {
               data = 1;
               sets->set();
             });
}

Task<void> wait(Event& event) { co_await event.wait(); }

/// Two that take turns: no set() is lost, although each event is cleared after the wait.
void set_and_clear_in_turn() {
  LoopScheduler first;
  LoopScheduler second;
  Event ping;
  Event pong;
  int data = 0;
  in_threads(
      [&] {
        data = 1;
        ping.set();
        first.run(wait(pong));
        require(data == 2, "it was the other's turn");
      },
      [&] {
        second.run(wait(ping));
        ping.clear();
        data = 2;
        pong.set();
      });
  require(!ping.is_set(), "it was cleared after it was set");
}

TEST_CASE("model: Event") {
  check_model("the waiter destroys it", &the_waiter_destroys_the_event, all_with(3, 5'000));
  check_model("set and clear in turn", &set_and_clear_in_turn, all_with(2, 5'000));
}

}  // namespace
