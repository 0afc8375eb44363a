/// The Python objects that are used again and again.
#pragma once

#include <mtaio/python/reference.hpp>

namespace mtaio::python {

/// Filled once, when the module is imported; never released, because objects that use them may
/// outlive the module.
struct State {
  PyObject* get_running_loop = nullptr;          // raises RuntimeError when there is none
  PyObject* get_running_loop_or_none = nullptr;  // gives None
  PyObject* current_task = nullptr;
  PyObject* future_type = nullptr;
  PyObject* asyncio_create_future = nullptr;  // the function that asyncio's own loops have
  PyObject* invalid_state_error = nullptr;
  PyObject* cancelled_error = nullptr;
  PyObject* ensure_future = nullptr;

  PyObject* keywords_loop = nullptr;  // ("loop",)
  PyObject* name_create_future = nullptr;
  PyObject* name_create_task = nullptr;
  PyObject* name_future_blocking = nullptr;
  PyObject* name_set_result = nullptr;
  PyObject* name_call_later = nullptr;
  PyObject* name_cancel = nullptr;
  PyObject* name_throw = nullptr;
  PyObject* name_close = nullptr;
};

[[nodiscard]] State& state() noexcept;

/// Fills it. False with an exception set.
[[nodiscard]] bool prepare_state();

}  // namespace mtaio::python
