#include "testing/turns.hpp"

#include <mtaio/lowlevel/contract.hpp>

#include <exception>

namespace mtaio::testing {

Turns::~Turns() {
  finishing_ = true;
  for (Thread& each : others_) {
    if (made_in_.forked()) {  // it stayed in the parent
      each.thread_.detach();
      continue;
    }
    each.turn_.release();
    each.thread_.join();
  }
}

void Turns::run() noexcept {
  current_ = &first_;
  work_.work();
}

void Turns::block() noexcept {
  Thread* next = idle_.pop_front();
  pass_to(next ? *next : start_thread());
}

void Turns::resume(Thread& blocked) noexcept {
  idle_.push_back(*current_);
  pass_to(blocked);
}

void Turns::pass_to(Thread& next) noexcept {
  Thread& self = *current_;
  current_ = &next;
  next.turn_.release();
  self.turn_.acquire();
}

Turns::Thread& Turns::start_thread() noexcept {
  try {
    Thread& added = others_.emplace_back();
    added.thread_ = std::thread{[this, &added] { thread_main(added); }};
    return added;
  } catch (const std::exception&) {  // out of memory, or of threads
    lowlevel::contract_violation(
        "Simulation: a destructor waits, and no thread can be had to go on meanwhile. co_await "
        "TaskExecutor::close() waits without a thread.");
  }
}

void Turns::thread_main(Thread& self) noexcept {
  self.turn_.acquire();
  for (;;) {
    work_.work();
    if (finishing_) return;
    // Nothing is left to be done, so nobody blocks, and the first thread is idle.
    idle_.erase(first_);
    resume(first_);
  }
}

}  // namespace mtaio::testing
