/// The runtime in which the C++ tasks run that Python awaits.
#pragma once

namespace mtaio::python {

class TaskCall;

/// Launches the call on the runtime of this process, which is made for the first call. At the
/// interpreter's exit the tasks that still run are asked to stop and waited for. With the GIL.
/// False with an exception set.
[[nodiscard]] bool launch_in_background(TaskCall& call);

}  // namespace mtaio::python
