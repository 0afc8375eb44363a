/// The extension module mtaio._core.
#include "module/module_state.hpp"
#include "bridge/runtime_state.hpp"

#include <array>

namespace mtaio::python {

ModuleState& module_state() noexcept {
  static constinit ModuleState state;
  return state;
}

namespace {

bool import_exceptions() {
  ModuleState& to = module_state();
  if (to.queue_full) return true;
  const Reference ours = Reference::take(PyImport_ImportModule("mtaio.exceptions"));
  const Reference asyncio = Reference::take(PyImport_ImportModule("asyncio"));
  if (!ours || !asyncio) return false;
  const auto get = [](PyObject*& into, const Reference& from, const char* name) {
    into = PyObject_GetAttrString(from.get(), name);
    return into != nullptr;
  };
  return get(to.execution_error, ours, "ExecutionError") &&
         get(to.timeout_error, ours, "TimeoutError") &&
         get(to.queue_shut_down, ours, "QueueShutDown") &&
         get(to.empty_in_time, ours, "QueueEmpty") && get(to.full_in_time, ours, "QueueFull") &&
         get(to.queue_empty, asyncio, "QueueEmpty") && get(to.queue_full, asyncio, "QueueFull");
}

int execute(PyObject* module) {
  if (!in_main_interpreter(PyExc_ImportError)) return -1;
  const bool all = import_exceptions() && prepare_state() && add_async_method(module) &&
                   add_execution_error(module) && add_queue_operation(module) &&
                   add_queues(module) && add_queue_api(module) && add_latch_operation(module) &&
                   add_latch(module) && add_progress(module) && add_gathering(module) &&
                   add_run_operation(module) && add_thread_call(module) && add_executor(module);
  return all ? 0 : -1;
}

std::array<PyModuleDef_Slot, 3> slots{{
    {Py_mod_exec, reinterpret_cast<void*>(&execute)},
#if PY_VERSION_HEX >= 0x030C0000
    // Not true: but then it is execute() that refuses, and says why and what to do.
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#endif
    {0, nullptr},
}};

PyModuleDef definition{PyModuleDef_HEAD_INIT,
                       "mtaio._core",
                       "The core of mtaio, in C++.",
                       0,
                       nullptr,
                       slots.data(),
                       nullptr,
                       nullptr,
                       nullptr};

}  // namespace
}  // namespace mtaio::python

PyMODINIT_FUNC PyInit__core();
PyMODINIT_FUNC PyInit__core() { return PyModuleDef_Init(&mtaio::python::definition); }
