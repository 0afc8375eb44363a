/// What the program under check can do: the interface between what intercepts its operations
/// (`interpose/`) and the engine.
#pragma once

#include <mtaio/interleave/check.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mtaio::testing::interleave {

/// Where in the program an operation is: a return address.
using Site = const void*;
using Address = std::uintptr_t;

namespace state {
/// The code of the program runs, not the engine.
extern constinit bool program_runs;
/// The thread pointer of the OS thread that runs the check. Other OS threads are not checked.
extern constinit const void* checking_thread;
}  // namespace state

/// Whether the calling code is the program, in a running execution, and not the engine. The
/// functions below may be called only then; the engine's own calls of intercepted functions are
/// recognised by it.
[[nodiscard]] inline bool active() noexcept {
  return state::program_runs && __builtin_thread_pointer() == state::checking_thread;
}

// An operation may switch to other threads before it is done, and may end the execution: then it
// does not return, and nothing is unwound.

// Atomic memory. `size` is 1, 2, 4 or 8. The engine also writes the real memory, which always has
// the store that is last in modification order.

[[nodiscard]] std::uint64_t atomic_load(Address address, unsigned size, std::memory_order order,
                                        Site site) noexcept;
void atomic_store(Address address, unsigned size, std::uint64_t value, std::memory_order order,
                  Site site) noexcept;
using Combine = std::uint64_t (*)(std::uint64_t old, std::uint64_t operand);
/// Returns the old value.
std::uint64_t atomic_rmw(Address address, unsigned size, Combine combine, std::uint64_t operand,
                         std::memory_order order, Site site) noexcept;
/// `expected` becomes the value read if that differs.
bool atomic_cas(Address address, unsigned size, std::uint64_t& expected, std::uint64_t desired,
                std::memory_order success, std::memory_order failure, bool weak,
                Site site) noexcept;
void atomic_fence(std::memory_order order, Site site) noexcept;
/// A full fence in every thread of the process, as of `membarrier(2)`.
void membarrier(Site site) noexcept;

// Plain memory: called before the access. No switch.

void plain_read(Address address, std::size_t size, Site site) noexcept;
void plain_write(Address address, std::size_t size, Site site) noexcept;

// The heap. Blocks have the same address in each execution that makes the same choices, are filled
// with 0xBE, and are not used again in the execution.

[[nodiscard]] void* allocate(std::size_t size, std::size_t alignment, Site site) noexcept;
void deallocate(void* memory, Site site) noexcept;
/// Whether the address is in the heap. May be called at any time.
[[nodiscard]] bool in_heap(const void* address) noexcept;
/// Whether the address is in the stack of one of the threads. May be called at any time.
[[nodiscard]] bool in_stacks(const void* address) noexcept;

// Threads: numbers from 0, which runs the program.

[[nodiscard]] int thread_create(void* (*start)(void*), void* argument, Site site) noexcept;
/// Returns what `start` returned.
void* thread_join(int thread, Site site) noexcept;
void thread_detach(int thread, Site site) noexcept;
[[nodiscard]] int thread_self() noexcept;
void yield(Site site) noexcept;
/// The thread spins. It may go on spinning for a while before others go on.
void pause(Site site) noexcept;
/// Nanoseconds of virtual time, which begins at 1 s in each execution.
void sleep_until(std::int64_t nanoseconds, Site site) noexcept;
[[nodiscard]] std::int64_t now() noexcept;

// What threads wait for. Functions that return an int return 0 or an errno.

/// EAGAIN if the word is not `expected`, ETIMEDOUT, or EINTR for a spurious wake-up. `deadline` is
/// null or points to nanoseconds of virtual time.
[[nodiscard]] int futex_wait(Address word, std::uint32_t expected, const std::int64_t* deadline,
                             Site site) noexcept;
/// Returns how many threads it woke.
int futex_wake(Address word, int most, Site site) noexcept;
int mutex_lock(Address mutex, Site site) noexcept;
int mutex_trylock(Address mutex, Site site) noexcept;
int mutex_unlock(Address mutex, Site site) noexcept;
[[nodiscard]] int cond_wait(Address cond, Address mutex, const std::int64_t* deadline,
                            Site site) noexcept;
void cond_wake(Address cond, bool all, Site site) noexcept;

/// Ends the execution as a failure. Also for `abort()`, a failed `assert()`, and calls that cannot
/// be modelled.
[[noreturn]] void fail(FailureKind kind, std::string_view what, Site site) noexcept;

/// Fails the execution if the address is what a null pointer points to.
inline void refuse_null(Address address, Site site) noexcept {
  constexpr Address kFirstUsed = 4096;
  if (address < kFirstUsed) fail(FailureKind::kTerminated, "access through a null pointer", site);
}

/// What the intercepting side does for the engine. It is called as the engine, so `active()` is
/// false, except in `thread_ends`.
struct Host {
  /// A thread gets a fresh image of thread-local memory.
  void (*thread_made)(int thread) = nullptr;
  /// Swaps the images of thread-local memory. Either may be `kNoThread`: the check itself.
  void (*switching)(int from, int to) = nullptr;
  /// Called on the thread, as the program: runs its thread-local destructors.
  void (*thread_ends)(int thread) = nullptr;
  void (*execution_begins)() = nullptr;
  /// Also after an execution that was cut short. Makes global memory as it was.
  void (*execution_ended)() = nullptr;
};
inline constexpr int kNoThread = -1;

/// To be called before the first check.
void set_host(const Host& host) noexcept;

}  // namespace mtaio::testing::interleave
