#include "bridge/cached_objects.hpp"

namespace mtaio::python {
namespace {

bool get(PyObject*& object, const Reference& module, const char* name) {
  object = PyObject_GetAttrString(module.get(), name);
  return object != nullptr;
}

bool intern(PyObject*& object, const char* name) {
  object = PyUnicode_InternFromString(name);
  return object != nullptr;
}

bool get_from_asyncio(CachedObjects& objects) {
  const Reference compiled = Reference::take(PyImport_ImportModule("_asyncio"));
  const Reference asyncio = Reference::take(PyImport_ImportModule("asyncio"));
  return compiled && asyncio &&
         get(objects.get_running_loop_or_none, compiled, "_get_running_loop") &&
         get(objects.current_task, asyncio, "current_task") &&
         get(objects.ensure_future, asyncio, "ensure_future") &&
         get(objects.invalid_state_error, asyncio, "InvalidStateError") &&
         get(objects.cancelled_error, asyncio, "CancelledError") &&
         get(objects.queue_empty, asyncio, "QueueEmpty") &&
         get(objects.queue_full, asyncio, "QueueFull");
}

bool intern_names(CachedObjects& objects) {
  return intern(objects.name_running_loop, "__asyncio_running_event_loop__") &&
         intern(objects.name_call_soon, "call_soon") &&
         intern(objects.name_create_task, "create_task") &&
         intern(objects.name_get_task_factory, "get_task_factory") &&
         intern(objects.name_call_later, "call_later") && intern(objects.name_cancel, "cancel") &&
         intern(objects.name_cancelling, "cancelling") &&
         intern(objects.name_uncancel, "uncancel") &&
         intern(objects.name_must_cancel, "_must_cancel") && intern(objects.name_time, "time") &&
         intern(objects.name_get_debug, "get_debug") &&
         intern(objects.name_slow_callback_duration, "slow_callback_duration") &&
         intern(objects.name_future_blocking, "_asyncio_future_blocking") &&
         intern(objects.name_throw, "throw") && intern(objects.name_close, "close") &&
         intern(objects.name_hand_over, "_mtaio_hand_over");
}

bool find_dev_mode(CachedObjects& objects) {
  PyObject* flags = PySys_GetObject("flags");  // borrowed
  const Reference mode =
      Reference::take(flags ? PyObject_GetAttrString(flags, "dev_mode") : nullptr);
  objects.dev_mode = mode && PyObject_IsTrue(mode.get()) == 1;
  return static_cast<bool>(mode);
}

}  // namespace

CachedObjects& cached() noexcept {
  static constinit CachedObjects objects;
  return objects;
}

bool prepare_cached_objects() {
  CachedObjects& objects = cached();
  if (objects.keywords_context) return true;
  if (!get_from_asyncio(objects) || !intern_names(objects) || !find_dev_mode(objects)) return false;
  objects.keywords_context = Py_BuildValue("(s)", "context");
  return objects.keywords_context != nullptr;
}

bool prepare_exceptions() {
  CachedObjects& objects = cached();
  if (objects.queue_full_in_time) return true;
  const Reference module = Reference::take(PyImport_ImportModule("mtaio.exceptions"));
  return module && get(objects.mtaio_error, module, "MTAIOError") &&
         get(objects.execution_error, module, "ExecutionError") &&
         get(objects.timeout_error, module, "TimeoutError") &&
         get(objects.queue_shut_down, module, "QueueShutDown") &&
         get(objects.queue_empty_in_time, module, "QueueEmpty") &&
         get(objects.queue_full_in_time, module, "QueueFull");
}

}  // namespace mtaio::python
