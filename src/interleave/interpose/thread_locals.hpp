/// The thread-local variables of the threads under check.
///
/// All of these threads run on one OS thread, so they share its thread-local memory. Each has an
/// image of its own, which is copied in when the thread is switched to, and out when it is switched
/// from. Part of it are the thread-local variables of the program and of its shared libraries,
/// except those of the C library, of which only `errno` is.
#pragma once

#include "interleave/world.hpp"

#include <cstdint>

namespace mtaio::testing::interleave {

struct AddressRange {
  Address first;
  Address end;

  [[nodiscard]] bool contains(Address address) const noexcept {
    return address >= first && address < end;
  }
};

/// All thread-local variables of the thread that checks.
extern constinit AddressRange thread_local_memory;

[[nodiscard]] inline bool is_thread_local(Address address) noexcept {
  return thread_local_memory.contains(address);
}

/// Finds out how thread-local memory is laid out. Once.
void find_thread_local_layout() noexcept;
/// The calling thread is the one that checks.
void use_thread_local_memory() noexcept;

/// Gives the thread a fresh image.
void make_thread_locals(int thread) noexcept;
/// Either may be `kNoThread`: the check itself.
void switch_thread_locals(int from, int to) noexcept;
/// `function(object)` is called when the thread ends.
void add_destructor(int thread, void (*function)(void*), void* object) noexcept;
/// Destroys the thread-local variables of the calling thread, `thread`. Runs code of the program.
void destroy_thread_locals(int thread) noexcept;

}  // namespace mtaio::testing::interleave
