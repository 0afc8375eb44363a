/// The Python objects that are used again and again.
#pragma once

#include <mtaio/python/reference.hpp>

namespace mtaio::python {

/// Filled once and never released, because objects that use them may outlive the module.
struct CachedObjects {
  // Of asyncio.

  /// asyncio._get_running_loop
  PyObject* get_running_loop_or_none = nullptr;
  PyObject* current_task = nullptr;
  PyObject* ensure_future = nullptr;
  PyObject* invalid_state_error = nullptr;
  PyObject* cancelled_error = nullptr;
  PyObject* queue_empty = nullptr;
  PyObject* queue_full = nullptr;

  // Of mtaio.exceptions; see prepare_exceptions().

  PyObject* mtaio_error = nullptr;
  PyObject* execution_error = nullptr;
  PyObject* timeout_error = nullptr;
  PyObject* queue_shut_down = nullptr;
  /// mtaio.exceptions.QueueEmpty, which is a TimeoutError too.
  PyObject* queue_empty_in_time = nullptr;
  PyObject* queue_full_in_time = nullptr;

  /// ("context",)
  PyObject* keywords_context = nullptr;

  // Names of attributes.

  PyObject* name_call_soon = nullptr;
  /// Under which a thread's dictionary has its running loop.
  PyObject* name_running_loop = nullptr;
  PyObject* name_create_task = nullptr;
  PyObject* name_get_task_factory = nullptr;
  PyObject* name_call_later = nullptr;
  PyObject* name_cancel = nullptr;
  PyObject* name_throw = nullptr;
  PyObject* name_close = nullptr;
  PyObject* name_cancelling = nullptr;
  PyObject* name_uncancel = nullptr;
  PyObject* name_must_cancel = nullptr;
  PyObject* name_time = nullptr;
  PyObject* name_get_debug = nullptr;
  PyObject* name_slow_callback_duration = nullptr;
  /// Only futures have this attribute.
  PyObject* name_future_blocking = nullptr;
  PyObject* name_hand_over = nullptr;

  /// Whether the interpreter is in its development mode.
  bool dev_mode = false;
};

[[nodiscard]] CachedObjects& cached() noexcept;

/// Fills all but the exceptions of mtaio, the first time. False with an exception set.
[[nodiscard]] bool prepare_cached_objects();

/// Fills the exceptions of mtaio, the first time: an extension imports the package only when it
/// needs one of them. False with an exception set.
[[nodiscard]] bool prepare_exceptions();

}  // namespace mtaio::python
