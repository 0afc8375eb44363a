#include "module/method/async_method.hpp"

#include "bridge/type_tables.hpp"

#include <structmember.h>

#include <algorithm>
#include <array>
#include <cstddef>

namespace mtaio::python {
namespace {

using FastWithKeywords = PyObject*(PyObject*, PyObject* const*, Py_ssize_t, PyObject*);

PyTypeObject* async_method_type = nullptr;

AsyncMethod* as_async_method(PyObject* object) noexcept {
  return reinterpret_cast<AsyncMethod*>(object);
}

// --- Calls ---

PyObject* call_inner(PyObject* object, PyObject* const* arguments, std::size_t flags,
                     PyObject* keywords) {
  return PyObject_Vectorcall(as_async_method(object)->inner, arguments, flags, keywords);
}

/// Whether the first argument is of the class itself. If it is of a subclass or of another class,
/// `inner` is called, which keeps the hot paths below short.
bool has_self(const AsyncMethod* method, PyObject* const* arguments, std::size_t flags) noexcept {
  return PyVectorcall_NARGS(flags) > 0 && Py_IS_TYPE(arguments[0], method->owner);
}

PyObject* call_with_keywords(PyObject* object, PyObject* const* arguments, std::size_t flags,
                             PyObject* keywords) {
  const AsyncMethod* method = as_async_method(object);
  if (!has_self(method, arguments, flags)) [[unlikely]] {
    return call_inner(object, arguments, flags, keywords);
  }
  auto* function =
      reinterpret_cast<FastWithKeywords*>(reinterpret_cast<void (*)()>(method->function));
  return function(arguments[0], arguments + 1, PyVectorcall_NARGS(flags) - 1, keywords);
}

PyObject* call_without_arguments(PyObject* object, PyObject* const* arguments, std::size_t flags,
                                 PyObject* keywords) {
  const AsyncMethod* method = as_async_method(object);
  if (keywords || PyVectorcall_NARGS(flags) != 1 || !has_self(method, arguments, flags))
      [[unlikely]] {
    return call_inner(object, arguments, flags, keywords);
  }
  return method->function(arguments[0], nullptr);
}

vectorcallfunc choose_vectorcall(const AsyncMethod* method) noexcept {
  if (!method->owner) return &call_inner;
  switch (reinterpret_cast<PyMethodDescrObject*>(method->inner)->d_method->ml_flags) {
    case METH_FASTCALL | METH_KEYWORDS:
      return &call_with_keywords;
    case METH_NOARGS:
      return &call_without_arguments;
    default:
      return &call_inner;
  }
}

bool takes_tuple(const AsyncMethod* method) noexcept {
  return method->owner &&
         reinterpret_cast<PyMethodDescrObject*>(method->inner)->d_method->ml_flags ==
             (METH_VARARGS | METH_KEYWORDS);
}

// --- What the class and inspect use ---

PyObject* bind(PyObject* object, PyObject* self, PyObject* type) {
  if (!self || self == Py_None) return Py_NewRef(object);
  AsyncMethod* method = as_async_method(object);
  if (method->owner && !PyObject_TypeCheck(self, method->owner)) {
    return Py_TYPE(method->inner)->tp_descr_get(method->inner, self, type);  // refuses it
  }
  return takes_tuple(method) ? bind_async_method(*method, self) : PyMethod_New(object, self);
}

PyObject* get_attribute(PyObject* object, PyObject* name) {
  PyObject* own = PyObject_GenericGetAttr(object, name);
  if (own || !PyErr_ExceptionMatches(PyExc_AttributeError)) return own;
  PyErr_Clear();
  return as_async_method(object)->attribute(name);
}

/// The stub's value of an attribute that every object, or its type, has.
PyObject* get_from_stub(PyObject* object, void* name) {
  const Reference text = Reference::take(PyUnicode_FromString(static_cast<const char*>(name)));
  return text ? as_async_method(object)->attribute(text.get()) : nullptr;
}

PyObject* get_class(PyObject*, void*) {
  return Py_NewRef(reinterpret_cast<PyObject*>(&PyFunction_Type));
}

/// For pickle: the name by which it is found, as for functions.
PyObject* reduce(PyObject* object, PyObject*) {
  static char name[] = "__qualname__";
  return get_from_stub(object, name);
}

PyObject* repr(PyObject* object) {
  const Reference name = Reference::take(reduce(object, nullptr));
  return name ? PyUnicode_FromFormat("<async method %U>", name.get()) : nullptr;
}

int clear(PyObject* object) {
  Py_CLEAR(as_async_method(object)->stub);
  return 0;
}

int traverse(PyObject* object, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(object));
  Py_VISIT(as_async_method(object)->inner);
  Py_VISIT(as_async_method(object)->stub);
  return 0;
}

void destroy(PyObject* object) {
  PyObject_GC_UnTrack(object);
  AsyncMethod* self = as_async_method(object);
  if (self->weak_references) PyObject_ClearWeakRefs(object);
  clear(object);
  Py_CLEAR(self->inner);
  free_object(object);
}

std::array<PyGetSetDef, 4> properties{{
    {"__class__", &get_class, nullptr, nullptr, nullptr},
    {"__doc__", &get_from_stub, nullptr, nullptr, const_cast<char*>("__doc__")},
    {"__module__", &get_from_stub, nullptr, nullptr, const_cast<char*>("__module__")},
    {},
}};
std::array<PyMethodDef, 2> methods{{{"__reduce__", &reduce, METH_NOARGS, nullptr}, {}}};
std::array<PyMemberDef, 3> members{{
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(AsyncMethod, vectorcall), READONLY, nullptr},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(AsyncMethod, weak_references), READONLY, nullptr},
    {},
}};
std::array<PyType_Slot, 11> slots{{
    slot(Py_tp_dealloc, &destroy),
    slot(Py_tp_traverse, &traverse),
    slot(Py_tp_clear, &clear),
    slot(Py_tp_repr, &repr),
    slot(Py_tp_call, &PyVectorcall_Call),
    slot(Py_tp_descr_get, &bind),
    slot(Py_tp_getattro, &get_attribute),
    {Py_tp_getset, properties.data()},
    {Py_tp_methods, methods.data()},
    {Py_tp_members, members.data()},
    {0, nullptr},
}};
// An immutable type spares the interpreter a look-up at each call.
PyType_Spec spec{"mtaio._core.AsyncMethod", sizeof(AsyncMethod), 0,
                 Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL |
                     Py_TPFLAGS_METHOD_DESCRIPTOR | Py_TPFLAGS_DISALLOW_INSTANTIATION |
                     Py_TPFLAGS_IMMUTABLETYPE,
                 slots.data()};

PyObject* async_method(PyObject*, PyObject* inner) { return AsyncMethod::create(inner); }

std::array<PyMethodDef, 2> functions{{
    {"async_method", &async_method, METH_O,
     PyDoc_STR("A function that returns an awaitable, as a method that looks async.")},
    {},
}};

}  // namespace

PyObject* AsyncMethod::create(PyObject* inner) {
  auto* made = PyObject_GC_New(AsyncMethod, async_method_type);
  if (!made) return nullptr;
  made->inner = Py_NewRef(inner);
  made->stub = made->weak_references = nullptr;
  made->owner = nullptr;
  made->function = nullptr;
  if (Py_IS_TYPE(inner, &PyMethodDescr_Type)) {
    made->owner = PyDescr_TYPE(inner);
    made->function = reinterpret_cast<PyMethodDescrObject*>(inner)->d_method->ml_meth;
  }
  made->vectorcall = choose_vectorcall(made);
  PyObject_GC_Track(reinterpret_cast<PyObject*>(made));
  return reinterpret_cast<PyObject*>(made);
}

PyObject* AsyncMethod::attribute(PyObject* name) {
  if (!stub) {
    const Reference module = Reference::take(PyImport_ImportModule("mtaio._async_stubs"));
    PyObject* made = module ? PyObject_CallMethod(module.get(), "async_stub", "O", inner) : nullptr;
    if (!made) return nullptr;
    Py_XSETREF(stub, made);
  }
  const Reference keep = Reference::to(stub);
  return PyObject_GetAttr(keep.get(), name);
}

bool make_async(PyTypeObject* type, std::initializer_list<const char*> names) {
  auto* object = reinterpret_cast<PyObject*>(type);
  return std::ranges::all_of(names, [object](const char* name) {
    const Reference inner = Reference::take(PyObject_GetAttrString(object, name));
    const Reference made = Reference::take(inner ? AsyncMethod::create(inner.get()) : nullptr);
    return made && PyObject_SetAttrString(object, name, made.get()) == 0;
  });
}

bool add_async_method(PyObject* module) {
  if (!async_method_type) {
    async_method_type = reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&spec));
  }
  return async_method_type && prepare_bound_async_method() &&
         PyModule_AddFunctions(module, functions.data()) == 0;
}

}  // namespace mtaio::python
