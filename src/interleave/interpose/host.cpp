/// Tells the engine what it needs of the functions in this folder.
#include "interleave/interpose/heap.hpp"
#include "interleave/interpose/thread_locals.hpp"
#include "interleave/interpose/undo_log.hpp"
#include "interleave/world.hpp"

namespace mtaio::testing::interleave {
namespace {

[[maybe_unused]] const bool installed = [] {
  find_thread_local_layout();
  find_program_code();
  set_host({.thread_made = &make_thread_locals,
            .switching = &switch_thread_locals,
            .thread_ends = &destroy_thread_locals,
            .execution_begins = &use_thread_local_memory,
            .execution_ended = &undo_global_memory});
  return true;
}();

}  // namespace
}  // namespace mtaio::testing::interleave
