/// The types and exceptions of the module.
#pragma once

#include <mtaio/python/reference.hpp>

namespace mtaio::python {

struct ModuleState {
  PyObject* execution_error = nullptr;
  PyObject* timeout_error = nullptr;
  PyObject* queue_shut_down = nullptr;
  PyObject* queue_empty = nullptr;
  PyObject* queue_full = nullptr;
  PyObject* empty_in_time = nullptr;  // mtaio.exceptions.QueueEmpty
  PyObject* full_in_time = nullptr;
};

[[nodiscard]] ModuleState& module_state() noexcept;

/// One for each file that has a type: adds it to the module. False with an exception set.
[[nodiscard]] bool add_async_method(PyObject* module);
[[nodiscard]] bool add_execution_error(PyObject* module);
[[nodiscard]] bool add_queue_operation(PyObject* module);
[[nodiscard]] bool add_queues(PyObject* module);
[[nodiscard]] bool add_queue_api(PyObject* module);
[[nodiscard]] bool add_latch_operation(PyObject* module);
[[nodiscard]] bool add_latch(PyObject* module);
[[nodiscard]] bool add_progress(PyObject* module);
[[nodiscard]] bool add_gathering(PyObject* module);
[[nodiscard]] bool add_run_operation(PyObject* module);
[[nodiscard]] bool add_thread_call(PyObject* module);
[[nodiscard]] bool add_executor(PyObject* module);

}  // namespace mtaio::python
