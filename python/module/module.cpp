/// The extension module mtaio._core.
#include "bridge/cached_objects.hpp"
#include "bridge/prepare.hpp"
#include "module/awaiting/awaiting_functions.hpp"
#include "module/errors/execution_error.hpp"
#include "module/executor/executor_functions.hpp"
#include "module/executor/executor_type.hpp"
#include "module/executor/run_operation.hpp"
#include "module/gather/gather_operation.hpp"
#include "module/gather/progress.hpp"
#include "module/latch/latch_object.hpp"
#include "module/latch/latch_operation.hpp"
#include "module/method/async_method.hpp"
#include "module/queue/queue_conversion.hpp"
#include "module/queue/queue_object.hpp"
#include "module/queue/queue_operation.hpp"
#include "module/threads/thread_operation.hpp"

#include <array>

namespace mtaio::python {
namespace {

int execute(PyObject* module) {
  if (!in_main_interpreter(PyExc_ImportError)) return -1;
  const bool all = prepare_exceptions() && prepare_bridge() && add_async_method(module) &&
                   add_execution_error(module) && add_awaiting_functions(module) &&
                   add_queue_operation(module) && add_queues(module) &&
                   add_queue_conversion(module) && add_latch_operation(module) &&
                   add_latch(module) && add_progress(module) && add_gather_operation(module) &&
                   add_run_operation(module) && add_thread_operation(module) &&
                   add_executor(module) && add_executor_functions(module);
  return all ? 0 : -1;
}

std::array<PyModuleDef_Slot, 3> slots{{
    {Py_mod_exec, reinterpret_cast<void*>(&execute)},
#if PY_VERSION_HEX >= 0x030C0000
    // It supports one interpreter only. With this slot it is execute() that refuses the others, and
    // says why and what to do.
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
