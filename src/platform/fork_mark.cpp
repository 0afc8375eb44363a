#include <mtaio/platform/fork_mark.hpp>

#include <mtaio/lowlevel/contract.hpp>

#include <pthread.h>

namespace mtaio::internal {

constinit std::atomic<std::uint32_t> forks_so_far{0};

namespace {

std::uint32_t forks_until_now() noexcept {
  // If memory for the handler is exhausted, forks go unnoticed.
  [[maybe_unused]] static const int registered = pthread_atfork(
      nullptr, nullptr, [] { forks_so_far.fetch_add(1, std::memory_order_relaxed); });
  return forks_so_far.load(std::memory_order_relaxed);
}

}  // namespace

ForkMark::ForkMark() noexcept : made_after_{forks_until_now()} {}

void end_forked_child() noexcept {
  lowlevel::contract_violation(
      "a task or a function in a thread has forked, and the child process has returned into the "
      "runtime. The child has none of the parent's threads: call exec() or _exit() in it "
      "immediately; or fork outside the runtime, and make a new one in the child.");
}

}  // namespace mtaio::internal
