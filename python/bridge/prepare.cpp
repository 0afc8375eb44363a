#include "bridge/prepare.hpp"

#include <mtaio/python/operation_future.hpp>

#include "bridge/cached_objects.hpp"
#include "bridge/loop_wakeup.hpp"

namespace mtaio::python {

bool in_main_interpreter(PyObject* error) {
  if (PyInterpreterState_Get() == PyInterpreterState_Main()) return true;
  PyErr_SetString(error,
                  "mtaio can only be used in the main interpreter of a process, and this is a "
                  "subinterpreter: its threads and queues belong to the process as a whole; use it "
                  "in another process instead (with mod_wsgi: WSGIApplicationGroup %{GLOBAL}).");
  return false;
}

bool prepare_bridge() {
  return in_main_interpreter(PyExc_RuntimeError) && prepare_cached_objects() &&
         LoopWakeup::prepare_type() && OperationFuture::prepare_type();
}

}  // namespace mtaio::python
