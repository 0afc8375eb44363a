#include "bridge/running_loop.hpp"

#include <mtaio/python/raised_error.hpp>

#include "bridge/cached_objects.hpp"

#include <unistd.h>

#include <cstring>

namespace mtaio::python {
namespace {

PyObject* ask_for_loop() noexcept {
  const PreservedError preserved;
  PyObject* loop = PyObject_CallNoArgs(cached().get_running_loop_or_none);
  if (!loop) {
    PyErr_Clear();
    return nullptr;
  }
  Py_DECREF(loop);  // borrowed from here on: a loop that runs has another reference
  return loop == Py_None ? nullptr : loop;
}

#if PY_VERSION_HEX < 0x030C0000

bool trusted = false;

/// PyRunningLoopHolder of CPython 3.11's _asynciomodule.c.
struct Holder {
  PyObject ob_base;
  PyObject* loop;
  pid_t pid;
};

/// Where asyncio keeps the running loop of this thread; null if it has kept none.
Holder* holder() noexcept {
  PyObject* notes = PyThreadState_GetDict();
  PyObject* found = notes ? PyDict_GetItemWithError(notes, cached().name_running_loop) : nullptr;
  return reinterpret_cast<Holder*>(found);
}

#endif

}  // namespace

#if PY_VERSION_HEX < 0x030C0000

PyObject* running_loop() noexcept {
  if (!trusted) return ask_for_loop();
  const Holder* found = holder();
  if (!found || found->loop == Py_None) return nullptr;
  return found->loop;
}

void trust_kept_loop() noexcept {
  const Holder* found = holder();
  trusted = found && std::strcmp(Py_TYPE(found)->tp_name, "_RunningLoopHolder") == 0 &&
            Py_TYPE(found)->tp_basicsize == sizeof(Holder) && found->pid == getpid() &&
            found->loop == ask_for_loop();
}

void distrust_kept_loop() noexcept { trusted = false; }

#else

PyObject* running_loop() noexcept { return ask_for_loop(); }
void trust_kept_loop() noexcept {}
void distrust_kept_loop() noexcept {}

#endif

}  // namespace mtaio::python
