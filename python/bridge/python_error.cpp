#include <mtaio/python/python_error.hpp>

#include <mtaio/exceptions.hpp>
#include <mtaio/python/raised_error.hpp>

#include "bridge/cached_objects.hpp"

#include <new>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace mtaio::python {
namespace {

/// Raises an exception that is one of mtaio.exceptions.
void raise_ours(PyObject* CachedObjects::* type, const char* text) noexcept {
  if (prepare_exceptions()) PyErr_SetString(cached().*type, text);
}

void raise_execution_error(const ExecutionError& error) noexcept {
  raise_in_python(error.cause());
  const RaisedError cause = RaisedError::fetch();
  raise_ours(&CachedObjects::execution_error, error.what());
  RaisedError raised = RaisedError::fetch();
  if (!raised || !cause) return;
  const Reference index = Reference::take(PyLong_FromSize_t(error.index()));
  if (index) PyObject_SetAttrString(raised.get(), "index", index.get());
  std::move(raised).restore_from(cause);
}

void raise_without_cause(const std::exception_ptr& error) noexcept {
  try {
    std::rethrow_exception(error);
  } catch (const PythonError& python) {
    RaisedError::raise(Py_NewRef(python.error()));
  } catch (const CancelledError&) {
    PyErr_SetNone(cached().cancelled_error);
  } catch (const ExecutionError& execution) {
    raise_execution_error(execution);
  } catch (const TimeoutError& timeout) {
    raise_ours(&CachedObjects::timeout_error, timeout.what());
  } catch (const QueueShutDown& shut_down) {
    raise_ours(&CachedObjects::queue_shut_down, shut_down.what());
  } catch (const Error& other) {
    raise_ours(&CachedObjects::mtaio_error, other.what());
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
  } catch (const std::system_error& system) {
    const Reference arguments =
        Reference::take(Py_BuildValue("is", system.code().value(), system.what()));
    if (arguments) PyErr_SetObject(PyExc_OSError, arguments.get());
  } catch (const std::out_of_range& range) {
    PyErr_SetString(PyExc_IndexError, range.what());
  } catch (const std::invalid_argument& invalid) {
    PyErr_SetString(PyExc_ValueError, invalid.what());
  } catch (const std::domain_error& domain) {
    PyErr_SetString(PyExc_ValueError, domain.what());
  } catch (const std::overflow_error& overflow) {
    PyErr_SetString(PyExc_OverflowError, overflow.what());
  } catch (const std::exception& other) {
    PyErr_SetString(PyExc_RuntimeError, other.what());
  } catch (...) {
    PyErr_SetString(PyExc_RuntimeError, "a C++ exception not derived from std::exception");
  }
}

std::exception_ptr nested_in(const std::exception_ptr& error) noexcept {
  try {
    std::rethrow_exception(error);
  } catch (const std::nested_exception& nesting) {
    return nesting.nested_ptr();
  } catch (...) {
    return nullptr;
  }
}

/// Gives the exception that is set a cause, unless it is a Python exception that has one.
void add_cause(const std::exception_ptr& nested) noexcept {
  RaisedError raised = RaisedError::fetch();
  raise_in_python(nested);
  const RaisedError cause = RaisedError::fetch();
  const Reference present = Reference::take(PyException_GetCause(raised.get()));
  if (present || !cause || cause.get() == raised.get()) {
    std::move(raised).restore();
  } else {
    std::move(raised).restore_from(cause);
  }
}

}  // namespace

PythonError PythonError::fetch() {
  const RaisedError raised = RaisedError::fetch();
  auto text = std::make_shared<std::string>(Py_TYPE(raised.get())->tp_name);
  const Reference shown = Reference::take(PyObject_Str(raised.get()));
  const char* utf8 = shown ? PyUnicode_AsUTF8(shown.get()) : nullptr;
  if (utf8 && *utf8 != '\0') {
    *text += ": ";
    *text += utf8;
  }
  PyErr_Clear();
  return PythonError{std::make_shared<Object>(Object::to(raised.get())), std::move(text)};
}

void raise_in_python(const std::exception_ptr& error) noexcept {
  raise_without_cause(error);
  if (const std::exception_ptr nested = nested_in(error)) add_cause(nested);
}

}  // namespace mtaio::python
