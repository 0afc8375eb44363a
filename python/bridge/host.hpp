/// Where the C++ tasks run that Python awaits.
#pragma once

namespace mtaio::python {

class TaskCall;

/// Has the call launched on the runtime of this process, which is made for the first one and ends
/// with the interpreter: then what still runs is asked to stop and waited for. With the GIL. False
/// with an exception set.
[[nodiscard]] bool launch_on_host(TaskCall& call);

}  // namespace mtaio::python
