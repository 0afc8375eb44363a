#include "bridge/runtime_state.hpp"

#include "bridge/loop_wakeup.hpp"

namespace mtaio::python {

State& state() noexcept {
  static constinit State state;
  return state;
}

bool prepare_state() {
  State& s = state();
  if (s.keywords_loop) return true;
  const Reference c = Reference::take(PyImport_ImportModule("_asyncio"));
  const Reference base = Reference::take(PyImport_ImportModule("asyncio.base_events"));
  const Reference asyncio = Reference::take(PyImport_ImportModule("asyncio"));
  if (!c || !base || !asyncio) return false;
  const auto get = [](PyObject*& to, const Reference& from, const char* name) {
    to = PyObject_GetAttrString(from.get(), name);
    return to != nullptr;
  };
  const auto intern = [](PyObject*& to, const char* name) {
    to = PyUnicode_InternFromString(name);
    return to != nullptr;
  };
  Reference loop_class = Reference::take(PyObject_GetAttrString(base.get(), "BaseEventLoop"));
  if (!loop_class) return false;
  const bool all =
      get(s.get_running_loop, c, "get_running_loop") &&
      get(s.get_running_loop_or_none, c, "_get_running_loop") &&
      get(s.current_task, asyncio, "current_task") && get(s.future_type, c, "Future") &&
      get(s.asyncio_create_future, loop_class, "create_future") &&
      get(s.invalid_state_error, asyncio, "InvalidStateError") &&
      get(s.cancelled_error, asyncio, "CancelledError") &&
      get(s.ensure_future, asyncio, "ensure_future") &&
      intern(s.name_create_future, "create_future") && intern(s.name_create_task, "create_task") &&
      intern(s.name_future_blocking, "_asyncio_future_blocking") &&
      intern(s.name_set_result, "set_result") && intern(s.name_call_later, "call_later") &&
      intern(s.name_cancel, "cancel") && intern(s.name_throw, "throw") &&
      intern(s.name_close, "close") && LoopWakeup::prepare_type();
  if (!all) return false;
  s.keywords_loop = Py_BuildValue("(s)", "loop");
  return s.keywords_loop != nullptr;
}

}  // namespace mtaio::python
