#include "testing/baton.hpp"

#include <mtaio/lowlevel/contract.hpp>
#include <mtaio/platform/thread_id.hpp>

#include <exception>

namespace mtaio::testing {

Baton::~Baton() {
  finishing_ = true;
  for (Thread& each : others_) {
    // In a forked child the thread does not exist.
    if (made_in_.forked()) {
      each.thread_.detach();
      continue;
    }
    each.received_.release();
    each.thread_.join();
  }
}

bool Baton::try_take() noexcept {
  const void* expected = nullptr;
  return holder_.compare_exchange_strong(expected, internal::this_thread_id(),
                                         std::memory_order_relaxed);
}

bool Baton::is_here() const noexcept {
  return holder_.load(std::memory_order_relaxed) == internal::this_thread_id();
}

void Baton::run() noexcept {
  current_ = &first_;
  work_.work();
}

void Baton::block() noexcept {
  Thread* next = idle_.pop_front();
  pass_to(next ? *next : start_thread());
}

void Baton::resume(Thread& blocked) noexcept {
  idle_.push_back(*current_);
  pass_to(blocked);
}

void Baton::pass_to(Thread& next) noexcept {
  Thread& self = *current_;
  current_ = &next;
  next.received_.release();
  wait_to_receive(self);
}

void Baton::wait_to_receive(Thread& self) noexcept {
  self.received_.acquire();
  holder_.store(internal::this_thread_id(), std::memory_order_relaxed);
}

Baton::Thread& Baton::start_thread() noexcept {
  try {
    Thread& added = others_.emplace_back();
    added.thread_ = std::thread{[this, &added] { thread_main(added); }};
    return added;
  } catch (const std::exception&) {  // memory or threads are exhausted
    lowlevel::contract_violation(
        "Simulation: a destructor waits, and no thread can be started to continue meanwhile. "
        "co_await TaskExecutor::close() waits without a thread.");
  }
}

void Baton::thread_main(Thread& self) noexcept {
  wait_to_receive(self);
  for (;;) {
    work_.work();
    if (finishing_) return;
    // Nothing is left to do, so no thread is blocked, and the first thread is idle.
    idle_.erase(first_);
    resume(first_);
  }
}

}  // namespace mtaio::testing
