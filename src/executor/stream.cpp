#include <mtaio/stream.hpp>

#include <mtaio/lowlevel/contract.hpp>

#include "base/text.hpp"

#include <stdexcept>

namespace mtaio::internal {

void throw_no_stream(const char* member) {
  throw std::logic_error{text({"Stream::", member, "(): the stream was moved from."})};
}

void check_end_of_stream(StreamGate& gate, SpawnedTasks& tasks) noexcept {
  if (tasks.forked()) return;  // the locks may be held forever
  if (gate.has_waiter()) {
    lowlevel::contract_violation(
        "Stream destroyed while a task waits in next(). A stream must outlive its consumer; before "
        "you destroy it, stop that task and wait for it.");
  }
  if (tasks.run_here()) {
    lowlevel::contract_violation(
        "Stream destroyed by one of its own tasks, for which the destructor cannot wait; let "
        "another task destroy it.");
  }
}

}  // namespace mtaio::internal
