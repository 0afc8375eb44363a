/// The Python objects that are used again and again.
#pragma once

#include <mtaio/python/reference.hpp>

namespace mtaio::python {

/// Filled once, when the module is imported; never released, because objects that use them may
/// outlive the module.
struct State {
  PyObject* get_running_loop_or_none = nullptr;  // asyncio._get_running_loop
  PyObject* current_task = nullptr;
  PyObject* invalid_state_error = nullptr;
  PyObject* cancelled_error = nullptr;
  PyObject* ensure_future = nullptr;

  PyObject* keywords_context = nullptr;  // ("context",)
  PyObject* name_call_soon = nullptr;
  PyObject* name_running_loop = nullptr;  // under which a thread notes it
  PyObject* name_create_task = nullptr;
  PyObject* name_get_task_factory = nullptr;
  PyObject* name_call_later = nullptr;
  PyObject* name_cancel = nullptr;
  PyObject* name_throw = nullptr;
  PyObject* name_close = nullptr;
  PyObject* name_cancelling = nullptr;
  PyObject* name_uncancel = nullptr;
  PyObject* name_must_cancel = nullptr;
  PyObject* name_run = nullptr;
  PyObject* name_time = nullptr;
  PyObject* name_get_debug = nullptr;
  PyObject* name_slow_callback_duration = nullptr;
  PyObject* name_future_blocking = nullptr;  // which only futures have
  PyObject* name_hand_over = nullptr;

  bool dev_mode = false;  // that of the interpreter
};

[[nodiscard]] State& state() noexcept;

/// Whether this is the main interpreter of the process, which alone can use all that is static
/// here. If not, an exception of the type `error` is set.
[[nodiscard]] bool in_main_interpreter(PyObject* error);

/// Fills it, in the main interpreter. False with an exception set.
[[nodiscard]] bool prepare_state();

}  // namespace mtaio::python
