/// Which memory the operations of the program are modelled in.
///
/// The threads of the program are fibers of one OS thread. So the thread-local variables of all of
/// them have the same addresses, and are copied out and in when fibers are switched: operations on
/// them are not modelled. What the program writes outside of its heap and its stacks is undone when
/// the execution ends.
#pragma once

#include "interleave/interpose/thread_locals.hpp"
#include "interleave/interpose/undo_log.hpp"
#include "interleave/world.hpp"

#include <cstddef>
#include <cstdint>

namespace mtaio::testing::interleave {

[[nodiscard]] inline Address address_of(const volatile void* place) noexcept {
  return reinterpret_cast<Address>(place);
}

/// Whether an operation on `place` is one of the program, and concerns other threads.
[[nodiscard]] inline bool is_modelled(const volatile void* place) noexcept {
  return active() && !is_thread_local(address_of(place));
}

/// The program is going to write there.
inline void before_write(const volatile void* place, std::size_t size, Site site) noexcept {
  refuse_null(address_of(place), site);
  const auto* plain = const_cast<const void*>(place);
  if (!in_heap(plain) && !in_stacks(plain)) undo_log.note(address_of(place), size);
}

/// Until the end of the block, the code is not the program: what it does is not modelled.
class NotTheProgram {
 public:
  NotTheProgram() noexcept { state::program_runs = false; }
  NotTheProgram(const NotTheProgram&) = delete;
  NotTheProgram& operator=(const NotTheProgram&) = delete;
  ~NotTheProgram() { state::program_runs = true; }
};

}  // namespace mtaio::testing::interleave
