#include "runtime/starvation.hpp"

#include <mtaio/lowlevel/contract.hpp>

#include <cxxabi.h>
#include <dlfcn.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace mtaio::runtime {
namespace {

/// The coroutine that a job resumes: the name of its function if the program exports that, or else
/// where its code is in the file.
std::string name_of(lowlevel::Job& job) {
  // Job::run() returns the coroutine that it would enter. Calling it is safe, because the program
  // ends afterwards.
  const std::coroutine_handle<> coroutine = job.run();
  // With every compiler a frame begins with the address of the function that resumes it.
  void* const resume = *static_cast<void**>(coroutine.address());
  Dl_info found{};
  if (!resume || dladdr(resume, &found) == 0 || !found.dli_fname) return "a task without a name";
  if (found.dli_sname) {
    int status = 0;
    char* demangled = abi::__cxa_demangle(found.dli_sname, nullptr, nullptr, &status);
    std::string name = status == 0 ? demangled : found.dli_sname;
    std::free(demangled);  // NOLINT(*-no-malloc, *-owning-memory): as __cxa_demangle wants it
    return name;
  }
  const auto offset =
      reinterpret_cast<std::uintptr_t>(resume) - reinterpret_cast<std::uintptr_t>(found.dli_fbase);
  char text[32];
  std::snprintf(text, sizeof text, "+0x%llx", static_cast<unsigned long long>(offset));
  return std::string{found.dli_fname} + text + " (addr2line -fe tells the function)";
}

[[noreturn]] void starved(const char* where, lowlevel::Job* job) noexcept {
  const std::string name = job ? name_of(*job) : std::string{"a task that has just been taken"};
  lowlevel::contract_violation(
      "Runtime: a task has been ready for more than 10,000 ticks of its worker in addition to "
      "those of the tasks before it, and has not run. It is in " +
      std::string{where} + ": " + name + ". This is a fault of the scheduler; please report it.");
}

}  // namespace

void look_for_starvation(Worker& worker, Injector& injector) noexcept {
  // Ready jobs are taken at every second tick, and what is behind the ring waits for a look.
  constexpr std::uint64_t kForReady = 4;
  // A worker takes one or more at each look.
  constexpr std::uint64_t kForInjected = std::uint64_t{2} * Tick::kBetweenLooks;
  StarvationWatches& watches = worker.watches;
  const std::uint64_t tick = watches.ticks += Tick::kBetweenLooks;
  if (!watches.ready.look(tick, worker.ready.gone(), worker.ready.gone_when_empty(), kForReady)) {
    starved("the queue of its worker", worker.ready.steal());
  }
  // The oldest one is taken every kBetweenOldest ticks.
  const std::int64_t fan_outs_taken = worker.fan_outs.taken();
  if (!watches.fan_outs.look(tick, fan_outs_taken,
                             fan_outs_taken + (worker.fan_outs.empty() ? 0 : 1),
                             Tick::kBetweenOldest)) {
    starved("the fan-outs of its worker", worker.fan_outs.take_oldest());
  }
  const auto taken = static_cast<std::int64_t>(injector.taken());
  const auto all = taken + static_cast<std::int64_t>(injector.size());
  if (!watches.injected.look(tick, taken, all, kForInjected)) {
    starved("the queue of jobs from outside", injector.pop());
  }
}

}  // namespace mtaio::runtime
