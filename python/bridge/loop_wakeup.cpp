#include "bridge/loop_wakeup.hpp"

#include <array>

namespace mtaio::python {
namespace {

PyTypeObject* loop_wakeup_type = nullptr;

}  // namespace

bool LoopWakeup::prepare_type() {
  static std::array<PyType_Slot, 4> slots{{
      {Py_tp_call, reinterpret_cast<void*>(&LoopWakeup::call)},
      {Py_tp_dealloc, reinterpret_cast<void*>(&LoopWakeup::destroy)},
      {Py_tp_doc,
       const_cast<char*>("Completes operations that other threads have finished for this loop.")},
      {0, nullptr},
  }};
  static PyType_Spec spec{"mtaio._core.LoopWakeup", sizeof(LoopWakeup), 0,
                          Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots.data()};
  if (!loop_wakeup_type) loop_wakeup_type = reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&spec));
  return loop_wakeup_type != nullptr;
}

PyObject* LoopWakeup::create(EventLoop& loop) {
  auto* made = PyObject_New(LoopWakeup, loop_wakeup_type);
  if (!made) return nullptr;
  made->loop = &loop;
  loop.retain();
  return reinterpret_cast<PyObject*>(made);
}

PyObject* LoopWakeup::call(PyObject* self, PyObject*, PyObject*) {
  if (!reinterpret_cast<LoopWakeup*>(self)->loop->run_posted()) return nullptr;
  Py_RETURN_NONE;
}

void LoopWakeup::destroy(PyObject* self) {
  EventLoop* loop = reinterpret_cast<LoopWakeup*>(self)->loop;
  loop->close();
  loop->release();
  PyTypeObject* type = Py_TYPE(self);
  PyObject_Free(self);
  Py_DECREF(type);
}

}  // namespace mtaio::python
