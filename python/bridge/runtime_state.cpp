#include "bridge/runtime_state.hpp"

#include <mtaio/python/pending.hpp>

#include "bridge/loop_wakeup.hpp"

namespace mtaio::python {

State& state() noexcept {
  static constinit State state;
  return state;
}

bool in_main_interpreter(PyObject* error) {
  if (PyInterpreterState_Get() == PyInterpreterState_Main()) return true;
  PyErr_SetString(error,
                  "mtaio can only be used in the main interpreter of a process, and this is a "
                  "subinterpreter: its threads and queues belong to the process as a whole; use it "
                  "in another process instead (with mod_wsgi: WSGIApplicationGroup %{GLOBAL}).");
  return false;
}

namespace {

bool find_dev_mode(State& to) {
  PyObject* flags = PySys_GetObject("flags");  // borrowed
  const Reference mode =
      Reference::take(flags ? PyObject_GetAttrString(flags, "dev_mode") : nullptr);
  to.dev_mode = mode && PyObject_IsTrue(mode.get()) == 1;
  return static_cast<bool>(mode);
}

}  // namespace

bool prepare_state() {
  if (!in_main_interpreter(PyExc_RuntimeError)) return false;
  State& s = state();
  if (s.keywords_context) return true;
  const Reference c = Reference::take(PyImport_ImportModule("_asyncio"));
  const Reference asyncio = Reference::take(PyImport_ImportModule("asyncio"));
  if (!c || !asyncio) return false;
  const auto get = [](PyObject*& to, const Reference& from, const char* name) {
    to = PyObject_GetAttrString(from.get(), name);
    return to != nullptr;
  };
  const auto intern = [](PyObject*& to, const char* name) {
    to = PyUnicode_InternFromString(name);
    return to != nullptr;
  };
  const bool all =
      get(s.get_running_loop_or_none, c, "_get_running_loop") &&
      get(s.current_task, asyncio, "current_task") &&

      get(s.invalid_state_error, asyncio, "InvalidStateError") &&
      get(s.cancelled_error, asyncio, "CancelledError") &&
      get(s.ensure_future, asyncio, "ensure_future") &&
      intern(s.name_running_loop, "__asyncio_running_event_loop__") &&
      intern(s.name_call_soon, "call_soon") && intern(s.name_create_task, "create_task") &&
      intern(s.name_get_task_factory, "get_task_factory") &&

      intern(s.name_call_later, "call_later") && intern(s.name_cancel, "cancel") &&
      intern(s.name_cancelling, "cancelling") && intern(s.name_uncancel, "uncancel") &&
      intern(s.name_must_cancel, "_must_cancel") && intern(s.name_run, "run") &&
      intern(s.name_time, "time") && intern(s.name_get_debug, "get_debug") &&
      intern(s.name_slow_callback_duration, "slow_callback_duration") &&
      intern(s.name_future_blocking, "_asyncio_future_blocking") && intern(s.name_throw, "throw") &&
      intern(s.name_close, "close") && intern(s.name_hand_over, "_mtaio_hand_over") &&
      find_dev_mode(s) && LoopWakeup::prepare_type() && Pending::prepare_type();
  if (!all) return false;
  s.keywords_context = Py_BuildValue("(s)", "context");
  return s.keywords_context != nullptr;
}

}  // namespace mtaio::python
