/// Methods whose results are to be awaited, and which say so.
#pragma once

#include <mtaio/python/reference.hpp>

#include <initializer_list>

namespace mtaio::python {

/// A method that returns an operation, in a class.
///
/// To inspect, asyncio and unittest.mock a function is one whose result is to be awaited if it has
/// the code object of an `async def`, which no method of C has, nor a function that returns an
/// operation. So this stands in the class in place of `inner`: a call goes to the same C function,
/// by the same way; for everything else it has the attributes of `shape`, an async function with
/// the parameters and the documentation of `inner`, and says that it is of the type of functions.
struct AsyncMethod {
  PyObject_HEAD PyObject* inner;  // a method of C, or a function of Python
  PyObject* shape;                // null until it is asked for
  PyObject* weak_references;
  vectorcallfunc vectorcall;
  PyTypeObject* owner;   // of a method of C: the class (owned by `inner`),
  PyCFunction function;  // and what is called

  /// Null with an exception set.
  [[nodiscard]] static PyObject* create(PyObject* inner);
  /// An attribute of `shape`; null with an exception set.
  [[nodiscard]] PyObject* attribute(PyObject* name);
};

/// Puts async methods in the place of methods of C. False with an exception set.
[[nodiscard]] bool make_async(PyTypeObject* type, std::initializer_list<const char*> names);

/// `method` of `self`, of a C function that takes its arguments as a tuple: a bound method of the
/// interpreter would take the tuple of `gather(*coroutines)` to pieces and refer to each of them
/// once more. Null with an exception set.
[[nodiscard]] PyObject* bind_async_method(AsyncMethod& method, PyObject* self);
/// False with an exception set.
[[nodiscard]] bool prepare_bound_async_method();

}  // namespace mtaio::python
