#include "module/awaiting/awaiting_functions.hpp"

#include "bridge/never_awaited.hpp"
#include "module/awaiting/awaiting.hpp"

#include <array>

namespace mtaio::python {
namespace {

PyObject* close_coroutine(PyObject*, PyObject* awaitable) {
  close_unstarted(awaitable);
  Py_RETURN_NONE;
}

PyObject* can_be_awaited(PyObject*, PyObject* object) {
  return PyBool_FromLong(is_awaitable(object) ? 1 : 0);
}

PyObject* warn(PyObject*, PyObject* operation) {
  constexpr int kCallerOfDel = 2;  // one above __del__() of the operation, which calls this
  if (warns_of_never_awaited()) warn_never_awaited(operation, kCallerOfDel);
  Py_RETURN_NONE;
}

std::array<PyMethodDef, 4> functions{{
    {"close_unstarted", &close_coroutine, METH_O,
     PyDoc_STR("Closes a coroutine that will not be run.")},
    {"warn_never_awaited", &warn, METH_O,
     PyDoc_STR("Warns that an operation which is being destroyed was never awaited.")},
    {"is_awaitable", &can_be_awaited, METH_O, PyDoc_STR("Whether an object can be awaited.")},
    {},
}};

}  // namespace

bool add_awaiting_functions(PyObject* module) {
  return PyModule_AddFunctions(module, functions.data()) == 0;
}

}  // namespace mtaio::python
