/// The Python type of an operation: all that is the same for each of them.
#pragma once

#include <mtaio/python/raised_error.hpp>

#include "bridge/never_awaited.hpp"
#include "bridge/operation.hpp"
#include "bridge/type_tables.hpp"

#include <array>
#include <cstddef>
#include <cstring>

namespace mtaio::python {

/// The type of the operations `Op`, which are derived from Operation: objects with the protocol of
/// a coroutine (send, throw, close, await, next), known to the garbage collector. `Derived` states
/// what is their own:
///
///     static constexpr const char* kName;               // of the type
///     static constexpr const char* kDoc;
///     static const char* owner(const Op* self);         // "TaskExecutor", or null
///     static const char* name(const Op* self);          // "gather"
///     static PyObject* repr(Op* self);
///
///     static PySendResult resume(Op* self, PyObject* error, PyObject** result);
///     static void leave(Op* self) noexcept;             // ends one that does not wait
///
///     static int traverse(Op* self, visitproc visit, void* arg);  // what it refers to
///     static void clear(Op* self);                      // drops what may be part of a cycle
///     static void drop(Op* self);                       // drops all; if not given, clear() does
///
/// `resume` continues the operation: from the beginning or where it waits; with `error` (borrowed),
/// the exception that was thrown in, or null. `PYGEN_NEXT`: it waits, and `result` is for the event
/// loop. `PYGEN_RETURN`, `PYGEN_ERROR`: it has ended. Neither `resume` nor `leave` is called while
/// a `resume` of the same operation runs, because that may run any code.
template <class Derived, class Op>
class OperationType {
 public:
  static inline PyTypeObject* type = nullptr;

  /// Makes the type, the first time. False with an exception set.
  [[nodiscard]] static bool prepare() {
    if (type) return true;
    // The tables are here so that a program that never makes the type need not link its functions.
    static std::array<PyMethodDef, 5> methods{{
        {"send", &method_send, METH_O, PyDoc_STR("send(value)\n--\n\nContinues the operation.")},
        {"throw", as_method(&method_throw), METH_FASTCALL,
         PyDoc_STR("throw(error)\n--\n\nContinues the operation with an exception.")},
        {"close", &method_close, METH_NOARGS,
         PyDoc_STR("close()\n--\n\nGives up; what was not done will not be done.")},
        {"_mtaio_hand_over", &method_hand_over, METH_NOARGS,
         PyDoc_STR("It need not be awaited: another operation was to do that.")},
        {},
    }};
    std::array<PyType_Slot, 13> slots{{
        slot(Py_am_send, &Derived::send),
        slot(Py_am_await, &itself),
        slot(Py_tp_iter, &itself),
        slot(Py_tp_iternext, &Derived::next),
        slot(Py_tp_dealloc, &Derived::destroy),
        slot(Py_tp_finalize, &finalize),
        slot(Py_tp_traverse, &visit_all),
        slot(Py_tp_clear, &clear_some),
        slot(Py_tp_repr, &represent),
        {Py_tp_methods, methods.data()},
        {Py_tp_getset, Derived::properties.data()},
        {Py_tp_doc, const_cast<char*>(Derived::kDoc)},
        {0, nullptr},
    }};
    PyType_Spec spec{Derived::kName, sizeof(Op), 0,
                     Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
                     slots.data()};
    type = make_operation_type(spec);
    return type != nullptr;
  }
  [[nodiscard]] static bool add_to(PyObject* module) {
    return prepare() && PyModule_AddType(module, type) == 0;
  }

  /// A new operation, known to the garbage collector. All fields are zero until `set_fields` sets
  /// them. Null with an exception set.
  template <class SetFields>
  [[nodiscard]] static Op* create(SetFields set_fields) {
    Op* made = gone.make(type);
    if (!made) return nullptr;
    std::memset(reinterpret_cast<char*>(made) + sizeof(PyObject), 0, sizeof(Op) - sizeof(PyObject));
    set_fields(*made);
    PyObject_GC_Track(made);
    return made;
  }
  /// A new operation whose own fields have yet to be set, and which the garbage collector does not
  /// know. Null with an exception set.
  [[nodiscard]] static Op* make() noexcept { return begin_life(gone.make(type)); }
  /// The same, without anything that may fail or run code; null if that is not possible.
  [[nodiscard]] static Op* make_quietly() noexcept { return begin_life(gone.take()); }

  /// "cannot reuse already awaited TaskExecutor.gather()". Always `PYGEN_ERROR`.
  static PySendResult refuse_reuse(const Op* self) noexcept {
    return raise_runtime_error("cannot reuse already awaited %U()", self);
  }
  /// For a `resume()` by a caller that has not waited for the future that it was given. Always
  /// `PYGEN_ERROR`.
  static PySendResult refuse_to_hurry(const Op* self) noexcept {
    return raise_runtime_error("%U() was resumed before it was ready", self);
  }

 protected:
  static Op* as_operation(PyObject* object) noexcept { return static_cast<Op*>(object); }

  static constexpr const char* kStartedText = "running";
  static const char* state_text(const Op* self) noexcept {
    return self->state == OperationState::kNew       ? "not awaited yet"
           : self->state == OperationState::kStarted ? Derived::kStartedText
                                                     : "done";
  }

  static void drop(Op* self) { Derived::clear(self); }
  static void destroy(PyObject* object) {
    PyObject_GC_UnTrack(object);
    destroy_untracked(object);
  }
  static void destroy_untracked(PyObject* object) {
    if (Derived::refers_to_none(as_operation(object))) [[likely]] {
      end_life(as_operation(object));
    } else {
      destroy_in_turn(object);
    }
  }

  /// Whether it should have been awaited.
  static bool is_new(const Op* self) noexcept { return self->state == OperationState::kNew; }
  /// Whether it refers to no other operation any more.
  static bool refers_to_none(const Op* self) noexcept {
    return self->state == OperationState::kEnded;
  }

  /// The last thing in the life of an operation that has ended, if that calls nothing.
  [[nodiscard]] static bool end_life_quietly(Op* self) noexcept {
    return !self->finalized && gone.keep(self);
  }

  // What await calls. A type that has a faster way where nothing unusual happens shadows these, and
  // calls them otherwise.

  static PySendResult send(PyObject* self, PyObject* /*value*/, PyObject** result) {
    return resume(self, nullptr, result);
  }
  static PyObject* next(PyObject* self) {
    PyObject* result = nullptr;
    const PySendResult outcome = resume(self, nullptr, &result);
    if (outcome == PYGEN_RETURN && result == Py_None) {
      Py_DECREF(result);
      return nullptr;  // the end of an iteration without an exception is None
    }
    return as_call_result(outcome, result);
  }

  static PyObject* get_name(PyObject* object, void*) {
    return PyUnicode_FromString(Derived::name(as_operation(object)));
  }
  static PyObject* get_qualname(PyObject* object, void*) { return qualname(as_operation(object)); }
  static constexpr PyGetSetDef kNameProperty{"__name__", &get_name, nullptr, nullptr, nullptr};
  static constexpr PyGetSetDef kQualnameProperty{"__qualname__", &get_qualname, nullptr, nullptr,
                                                 nullptr};
  static inline std::array<PyGetSetDef, 3> properties{{kNameProperty, kQualnameProperty, {}}};

 private:
  static PyObject* qualname(const Op* self) {
    const char* owner = Derived::owner(self);
    return owner ? PyUnicode_FromFormat("%s.%s", owner, Derived::name(self))
                 : PyUnicode_FromString(Derived::name(self));
  }
  static PySendResult raise_runtime_error(const char* format, const Op* self) noexcept {
    const Reference called = Reference::take(qualname(self));
    if (called) PyErr_Format(PyExc_RuntimeError, format, called.get());
    return PYGEN_ERROR;
  }
  static PySendResult refuse_reentry(const Op* self) noexcept {
    const Reference called = Reference::take(qualname(self));
    if (called) PyErr_Format(PyExc_ValueError, "%U() is already executing", called.get());
    return PYGEN_ERROR;
  }

  static PySendResult resume(PyObject* object, PyObject* error, PyObject** result) {
    Op* self = as_operation(object);
    if (self->resuming) [[unlikely]]
      return refuse_reentry(self);
    self->resuming = true;
    const PySendResult outcome = Derived::resume(self, error, result);
    self->resuming = false;
    if (outcome == PYGEN_ERROR && PyErr_ExceptionMatches(PyExc_StopIteration)) {
      refuse_stop_iteration(self);
    }
    return outcome;
  }
  /// Outside it would look like the end of the operation (PEP 479).
  [[gnu::cold]] static void refuse_stop_iteration(const Op* self) noexcept {
    const RaisedError cause = RaisedError::fetch();
    raise_runtime_error("%U() raised StopIteration", self);
    RaisedError::fetch().restore_from(cause);
  }

  // --- The beginning and the end ---

  static inline FreeList<Op, 256> gone;

  static_assert(static_cast<int>(OperationState::kNew) == 0, "create() sets all to zero");

  static Op* begin_life(Op* made) noexcept {
    if (made) {
      made->state = OperationState::kNew;
      made->resuming = made->handed_over = made->finalized = false;
    }
    return made;
  }
  static void end_life(Op* self) {
    Derived::drop(self);
    if (self->finalized) [[unlikely]] {
      free_object(self);  // it could not be finalized again
    } else {
      gone.keep_or_free(self);
    }
  }
  /// It may refer to another operation, and so on: the interpreter's trashcan keeps the stack from
  /// overflowing.
  static void destroy_in_turn(PyObject* object) {
    Py_TRASHCAN_BEGIN(object, &Derived::destroy);
    if (!survives(object)) end_life(as_operation(object));
    Py_TRASHCAN_END;
  }

  // --- Operations that were never awaited ---

  /// Whether its finalizer has made a new reference to it.
  static bool survives(PyObject* object) noexcept {
    if (!Derived::is_new(as_operation(object)) || !warns_of_never_awaited()) return false;
    PyObject_GC_Track(object);
    if (PyObject_CallFinalizerFromDealloc(object) < 0) return true;
    PyObject_GC_UnTrack(object);
    return false;
  }
  /// Called once, by survives() or by the garbage collector.
  static void finalize(PyObject* object) {
    Op* self = as_operation(object);
    self->finalized = true;
    if (Derived::is_new(self) && !self->handed_over && warns_of_never_awaited()) {
      warn_never_awaited(object);
    }
  }
  static PyObject* method_hand_over(PyObject* object, PyObject*) {
    as_operation(object)->handed_over = true;
    Py_RETURN_NONE;
  }

  // --- What the interpreter and the garbage collector call ---

  static int visit_all(PyObject* object, visitproc visit, void* arg) {
    Py_VISIT(Py_TYPE(object));
    return Derived::traverse(as_operation(object), visit, arg);
  }
  static int clear_some(PyObject* object) {
    Derived::clear(as_operation(object));
    return 0;
  }
  static PyObject* represent(PyObject* object) { return Derived::repr(as_operation(object)); }

  static PyObject* itself(PyObject* self) { return Py_NewRef(self); }
  static PyObject* method_send(PyObject* self, PyObject* /*value*/) {
    PyObject* result = nullptr;
    const PySendResult outcome = resume(self, nullptr, &result);
    return as_call_result(outcome, result);
  }
  static PyObject* method_throw(PyObject* self, PyObject* const* arguments, Py_ssize_t count) {
    const Reference error = thrown(arguments, count);
    if (!error) return nullptr;
    PyObject* result = nullptr;
    const PySendResult outcome = resume(self, error.get(), &result);
    return as_call_result(outcome, result);
  }
  static PyObject* method_close(PyObject* object, PyObject*) {
    Op* self = as_operation(object);
    if (!self->resuming && self->state != OperationState::kStarted) {
      Derived::leave(self);
      Py_RETURN_NONE;
    }
    const Reference error = Reference::take(PyObject_CallNoArgs(PyExc_GeneratorExit));
    if (!error) return nullptr;
    PyObject* result = nullptr;
    const PySendResult outcome = resume(object, error.get(), &result);
    return closed(outcome, result, object);
  }
  static PyObject* as_call_result(PySendResult outcome, PyObject* result) {
    return outcome == PYGEN_RETURN ? stop_iteration(result) : result;
  }
};

}  // namespace mtaio::python
