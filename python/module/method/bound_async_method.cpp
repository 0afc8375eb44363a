#include "bridge/type_tables.hpp"
#include "module/method/async_method.hpp"

#include <structmember.h>

#include <array>
#include <cstddef>
#include <functional>

namespace mtaio::python {
namespace {

PyTypeObject* bound_type = nullptr;

/// `executor.gather`, for example, when it is not called immediately.
struct BoundAsyncMethod {
  PyObject ob_base;
  AsyncMethod* method;
  PyObject* self;
  PyObject* weak_references;
};

BoundAsyncMethod* as_bound(PyObject* object) noexcept {
  return reinterpret_cast<BoundAsyncMethod*>(object);
}

PyObject* call(PyObject* object, PyObject* arguments, PyObject* keywords) {
  const BoundAsyncMethod* bound = as_bound(object);
  auto* function = reinterpret_cast<PyCFunctionWithKeywords>(
      reinterpret_cast<void (*)()>(bound->method->function));
  return function(bound->self, arguments, keywords);
}

PyObject* get_class(PyObject*, void*) {
  return Py_NewRef(reinterpret_cast<PyObject*>(&PyMethod_Type));
}

PyObject* get_from_method(PyObject* object, void* name) {
  return PyObject_GetAttrString(reinterpret_cast<PyObject*>(as_bound(object)->method),
                                static_cast<const char*>(name));
}

PyObject* get_attribute(PyObject* object, PyObject* name) {
  PyObject* own = PyObject_GenericGetAttr(object, name);
  if (own || !PyErr_ExceptionMatches(PyExc_AttributeError)) return own;
  PyErr_Clear();
  return PyObject_GetAttr(reinterpret_cast<PyObject*>(as_bound(object)->method), name);
}

/// Like types.MethodType(method, self); weakref.WeakMethod calls it.
PyObject* make(PyTypeObject*, PyObject* arguments, PyObject* /*keywords*/) {
  PyObject* method = nullptr;
  PyObject* self = nullptr;
  if (!PyArg_ParseTuple(arguments, "OO", &method, &self)) return nullptr;
  return PyObject_CallMethod(method, "__get__", "O", self);
}

// These do the same as for the bound methods of the interpreter.

PyObject* reduce(PyObject* object, PyObject*) {
  const Reference builtins = Reference::take(PyImport_ImportModule("builtins"));
  const Reference getattr =
      Reference::take(builtins ? PyObject_GetAttrString(builtins.get(), "getattr") : nullptr);
  static char name[] = "__name__";
  const Reference text = Reference::take(getattr ? get_from_method(object, name) : nullptr);
  return text ? Py_BuildValue("O(OO)", getattr.get(), as_bound(object)->self, text.get()) : nullptr;
}

PyObject* repr(PyObject* object) {
  static char name[] = "__qualname__";
  const Reference text = Reference::take(get_from_method(object, name));
  return text ? PyUnicode_FromFormat("<bound method %U of %R>", text.get(), as_bound(object)->self)
              : nullptr;
}

PyObject* compare(PyObject* left, PyObject* right, int how) {
  if ((how != Py_EQ && how != Py_NE) || Py_TYPE(right) != bound_type) Py_RETURN_NOTIMPLEMENTED;
  const bool equal = as_bound(left)->method == as_bound(right)->method &&
                     as_bound(left)->self == as_bound(right)->self;
  return PyBool_FromLong(equal == (how == Py_EQ) ? 1 : 0);
}

Py_hash_t hash(PyObject* object) {
  const std::hash<void*> hash_of;
  const auto value =
      static_cast<Py_hash_t>(hash_of(as_bound(object)->self) ^ hash_of(as_bound(object)->method));
  return value == -1 ? -2 : value;
}

int traverse(PyObject* object, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(object));
  Py_VISIT(as_bound(object)->method);
  Py_VISIT(as_bound(object)->self);
  return 0;
}

void destroy(PyObject* object) {
  PyObject_GC_UnTrack(object);
  BoundAsyncMethod* bound = as_bound(object);
  if (bound->weak_references) PyObject_ClearWeakRefs(object);
  Py_CLEAR(bound->method);
  Py_CLEAR(bound->self);
  free_object(object);
}

std::array<PyGetSetDef, 4> properties{{
    {"__class__", &get_class, nullptr, nullptr, nullptr},
    {"__doc__", &get_from_method, nullptr, nullptr, const_cast<char*>("__doc__")},
    {"__module__", &get_from_method, nullptr, nullptr, const_cast<char*>("__module__")},
    {},
}};
std::array<PyMethodDef, 2> methods{{{"__reduce__", &reduce, METH_NOARGS, nullptr}, {}}};
std::array<PyMemberDef, 4> members{{
    {"__self__", T_OBJECT, offsetof(BoundAsyncMethod, self), READONLY, nullptr},
    {"__func__", T_OBJECT, offsetof(BoundAsyncMethod, method), READONLY, nullptr},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(BoundAsyncMethod, weak_references), READONLY,
     nullptr},
    {},
}};
std::array<PyType_Slot, 12> slots{{
    slot(Py_tp_new, &make),
    slot(Py_tp_dealloc, &destroy),
    slot(Py_tp_traverse, &traverse),
    slot(Py_tp_repr, &repr),
    slot(Py_tp_richcompare, &compare),
    slot(Py_tp_hash, &hash),
    slot(Py_tp_call, &call),
    slot(Py_tp_getattro, &get_attribute),
    {Py_tp_getset, properties.data()},
    {Py_tp_methods, methods.data()},
    {Py_tp_members, members.data()},
    {0, nullptr},
}};
PyType_Spec spec{"mtaio._core.BoundAsyncMethod", sizeof(BoundAsyncMethod), 0,
                 Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, slots.data()};

}  // namespace

PyObject* bind_async_method(AsyncMethod& method, PyObject* self) {
  auto* made = PyObject_GC_New(BoundAsyncMethod, bound_type);
  if (!made) return nullptr;
  Py_INCREF(&method);
  made->method = &method;
  made->self = Py_NewRef(self);
  made->weak_references = nullptr;
  PyObject_GC_Track(reinterpret_cast<PyObject*>(made));
  return reinterpret_cast<PyObject*>(made);
}

bool prepare_bound_async_method() {
  if (!bound_type) bound_type = reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&spec));
  return bound_type != nullptr;
}

}  // namespace mtaio::python
