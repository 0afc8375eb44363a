/// Tells the engine what it needs of the functions in this folder.
#include "interleave/interpose/heap.hpp"
#include "interleave/interpose/thread_locals.hpp"
#include "interleave/interpose/undo_log.hpp"
#include "interleave/world.hpp"

#include <sys/single_threaded.h>

namespace mtaio::testing::interleave {
namespace {

void begin_execution() noexcept {
  use_thread_local_memory();
  // The C library does not know of the threads. std::shared_ptr counts without atomic operations
  // while it says that there are none.
  __libc_single_threaded = 0;
}

[[maybe_unused]] const bool installed = [] {
  find_thread_local_layout();
  find_program_code();
  set_host({.thread_made = &make_thread_locals,
            .switching = &switch_thread_locals,
            .thread_ends = &destroy_thread_locals,
            .execution_begins = &begin_execution,
            .execution_ended = &undo_global_memory});
  return true;
}();

}  // namespace
}  // namespace mtaio::testing::interleave
