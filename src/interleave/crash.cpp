#include "interleave/crash.hpp"

#include "interleave/engine.hpp"
#include "interleave/telling.hpp"
#include "interleave/world.hpp"

#include <ucontext.h>

#include <bit>
#include <cstddef>
#include <string>

namespace mtaio::testing::interleave {

namespace {

constexpr std::size_t kStackSize = std::size_t{64} * 1024;
/// The first page of a stack, which cannot be accessed.
constexpr Address kGuard = 4096;

/// What is done with the signal outside of a check.
struct sigaction action_before{};

bool is_checking() {
  return running != nullptr && __builtin_thread_pointer() == state::checking_thread;
}

bool in_a_stack(Address address) { return running->execution.owner_of_stack(address) != kNoThread; }

void handle(int /*signal*/, siginfo_t* info, void* context) {
  const auto& registers = static_cast<const ucontext_t*>(context)->uc_mcontext.gregs;
  const auto stack_pointer = static_cast<Address>(registers[REG_RSP]);
  const auto address = reinterpret_cast<Address>(info->si_addr);
  // The stack pointer of a full stack is below it.
  if (!is_checking() || !(in_a_stack(stack_pointer) || in_a_stack(stack_pointer + kGuard))) {
    // The access is repeated when this returns.
    sigaction(SIGSEGV, &action_before, nullptr);
    return;
  }
  const bool is_full = address - (stack_pointer - kGuard) < 2 * kGuard;
  if (is_full)
    fail(FailureKind::kTerminated,
         "the stack of thread " + std::to_string(thread_self()) + " is full", nullptr);
  // It may be the engine, which accesses what the program is going to. A site is where a call
  // returns to: after the instruction.
  fail(FailureKind::kTerminated, "segmentation fault at " + hexadecimal(address),
       active() ? std::bit_cast<Site>(registers[REG_RIP] + 1) : nullptr);
}

}  // namespace

CrashHandler::CrashHandler() : stack_{std::make_unique<char[]>(kStackSize)} {
  stack_t own{};
  own.ss_sp = stack_.get();
  own.ss_size = kStackSize;
  sigaltstack(&own, &stack_before_);
  struct sigaction action{};
  action.sa_sigaction = &handle;
  // The handler does not return when it ends an execution: the signal must not stay blocked.
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  sigaction(SIGSEGV, &action, &action_before);
}

CrashHandler::~CrashHandler() {
  sigaction(SIGSEGV, &action_before, nullptr);
  sigaltstack(&stack_before_, nullptr);
}

}  // namespace mtaio::testing::interleave
