/// Methods that return awaitables, and look like async functions.
#pragma once

#include <mtaio/python/reference.hpp>

#include <initializer_list>

namespace mtaio::python {

/// A method that returns an operation, in a class.
///
/// To inspect, asyncio and unittest.mock a function is async if it has the code object of an
/// `async def`. No method of C has one, nor has a function that returns an operation. So the class
/// has an AsyncMethod in place of `inner`. A call reaches the same C function, in the same way. It
/// has the attributes of `stub`, an async function with the parameters and the documentation of
/// `inner`, and its `__class__` is the type of functions.
struct AsyncMethod {
  PyObject ob_base;
  /// A method of C, or a function of Python.
  PyObject* inner;
  /// Null until it is needed.
  PyObject* stub;
  PyObject* weak_references;
  vectorcallfunc vectorcall;
  /// The class of a method of C (owned by `inner`); null for a function of Python.
  PyTypeObject* owner;
  /// The function of a method of C.
  PyCFunction function;

  /// Null with an exception set.
  [[nodiscard]] static PyObject* create(PyObject* inner);
  /// An attribute of `stub`; null with an exception set.
  [[nodiscard]] PyObject* attribute(PyObject* name);
};

/// Replaces methods of C with async methods. False with an exception set.
[[nodiscard]] bool make_async(PyTypeObject* type, std::initializer_list<const char*> names);

/// `method`, bound to `self`, for a C function that takes its arguments as a tuple. A bound method
/// of the interpreter would unpack the tuple of `gather(*coroutines)` and add a reference to each
/// coroutine. Null with an exception set.
[[nodiscard]] PyObject* bind_async_method(AsyncMethod& method, PyObject* self);
/// False with an exception set.
[[nodiscard]] bool prepare_bound_async_method();

/// Adds the function `async_method` to the module. False with an exception set.
[[nodiscard]] bool add_async_method(PyObject* module);

}  // namespace mtaio::python
