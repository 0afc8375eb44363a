/// Which event loop runs on this thread.
#pragma once

#include <mtaio/python/reference.hpp>

namespace mtaio::python {

/// The loop that runs on this thread (borrowed); null if none does. Sets no exception.
///
/// It is the loop of `asyncio.get_running_loop()`. In Python 3.11 that makes a system call each
/// time to notice a fork; so there the loop is read from where asyncio keeps it, if
/// `trust_kept_loop()` has found it there.
[[nodiscard]] PyObject* running_loop() noexcept;

/// Compares the two ways again. Called occasionally, with a loop running.
void trust_kept_loop() noexcept;
/// For a forked child, where no loop of its parent runs.
void distrust_kept_loop() noexcept;

}  // namespace mtaio::python
