/// Which event loop runs on this thread.
#pragma once

#include <mtaio/python/reference.hpp>

namespace mtaio::python {

/// The loop that runs on this thread (borrowed), null if none does. No exception is set.
///
/// What `asyncio.get_running_loop()` says, which in Python 3.11 makes a system call each time to
/// notice a fork; so there it is read from where asyncio keeps it, if `trust_kept_loop()` has found
/// that it is there.
[[nodiscard]] PyObject* running_loop() noexcept;

/// Compares the two ways once more. Called with a loop running, now and then.
void trust_kept_loop() noexcept;
/// In a forked child: no loop of its parent runs there.
void distrust_kept_loop() noexcept;

}  // namespace mtaio::python
