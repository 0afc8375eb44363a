#include "_core/awaiting.hpp"
#include "_core/gathering.hpp"
#include "bridge/operation_type.hpp"
#include "bridge/runtime_state.hpp"

#include <array>
#include <chrono>
#include <utility>

namespace mtaio::python {
namespace {

/// For how long a crewman goes on without letting others run.
class Turn {
 public:
  /// Asked after every coroutine; looks at the clock after some.
  [[nodiscard]] bool is_over() noexcept {
    if (--until_look_ > 0) return false;
    until_look_ = kPerLook;
    return Clock::now() > end_;
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds kLength{2};
  static constexpr int kPerLook = 8;

  Clock::time_point end_ = Clock::now() + kLength;
  int until_look_ = kPerLook;
};

PySendResult end(Crewman* self, PyObject** result) {
  self->leave();
  Py_INCREF(Py_None);
  *result = Py_None;
  return PYGEN_RETURN;
}

/// Ends; another one goes on in its place.
PySendResult end_and_recruit(Crewman* self, PyObject** result) {
  const PySendResult ended = end(self, result);
  self->of->recruit();
  return ended;
}

/// Its task was cancelled before it had begun, or between two coroutines.
PySendResult end_early(Crewman* self, PyObject* error, PyObject** result) {
  const bool all_end =
      self->of->stopping || PyErr_GivenExceptionMatches(error, PyExc_GeneratorExit) != 0;
  return all_end ? end(self, result) : end_and_recruit(self, result);
}

/// Takes up the next coroutine. False: there is none for it.
bool take_up(Crewman* self) {
  Gathering& of = *self->of;
  PyObject* awaitable = nullptr;
  while (of.has_more()) {
    bool pulled = false;
    const CoroutineSource::Next next = of.source->next(of.started, awaitable, pulled);
    if (next == CoroutineSource::Next::kExhausted) return false;
    if (!pulled) self->index = of.started++;
    if (next == CoroutineSource::Next::kReady) {
      const Reference keep = Reference::take(awaitable);
      self->child = iterator_of(awaitable);
      self->context = self->child ? PyContext_CopyCurrent() : nullptr;
      if (self->context) {
        self->pulls = pulled;
        return true;
      }
      Py_CLEAR(self->child);
      if (pulled) of.source->pulling = false;
    }
    if (pulled) self->index = of.started++;
    of.ended(self->index, nullptr);
  }
  return false;
}

/// The asynchronous iterator has given the arguments of the next call, or failed. True: there is a
/// child to go on with.
bool pulled(Crewman* self, PySendResult outcome, PyObject* value) {
  Gathering& of = *self->of;
  self->pulls = false;
  of.source->pulling = false;
  if (outcome == PYGEN_ERROR && PyErr_ExceptionMatches(PyExc_StopAsyncIteration)) {
    PyErr_Clear();
    of.source->exhausted = true;
    return false;
  }
  const Reference arguments = Reference::take(value);
  if (of.stopping && outcome == PYGEN_ERROR && PyErr_ExceptionMatches(state().cancelled_error)) {
    PyErr_Clear();
    return false;
  }
  self->index = of.started++;
  PyObject* awaitable = nullptr;
  if (outcome == PYGEN_RETURN &&
      of.source->apply(arguments.get(), awaitable) == CoroutineSource::Next::kReady) {
    const Reference keep = Reference::take(awaitable);
    self->child = iterator_of(awaitable);
    self->context = self->child ? PyContext_CopyCurrent() : nullptr;
    if (self->context) return true;
    Py_CLEAR(self->child);
  }
  of.ended(self->index, nullptr);
  return false;
}

/// Whether somebody has asked its task to be cancelled. What is left of that must not meet the next
/// coroutine.
bool was_cancelled(Crewman* self, bool& not_delivered) {
  not_delivered = false;
  if (!self->task) return false;
  const Reference requests =
      Reference::take(PyObject_CallMethodNoArgs(self->task, state().name_cancelling));
  if (!requests) {
    PyErr_Clear();
    return false;
  }
  if (PyObject_IsTrue(requests.get()) != 1) return false;
  const Reference must = Reference::take(PyObject_GetAttr(self->task, state().name_must_cancel));
  if (!must) PyErr_Clear();
  not_delivered = must && PyObject_IsTrue(must.get()) == 1;
  return true;
}

/// Hands in what its child has ended with: `value`, or if that is null what is raised. True: its
/// own task has been cancelled.
bool deliver(Crewman* self, PyObject* value) {
  bool not_delivered = false;
  RaisedError raised = RaisedError::fetch();
  const bool cancelled = was_cancelled(self, not_delivered);
  if (raised) {
    std::move(raised).restore();
  } else if (not_delivered) {
    // As with a task that is cancelled in its last step.
    Py_CLEAR(value);
    PyErr_SetNone(state().cancelled_error);
  }
  self->of->ended(self->index, value);
  return cancelled;
}

/// One step of its child, in the child's context.
PySendResult step_child(Crewman* self, PyObject* error, PyObject** result) {
  const Reference keep = Reference::to(self->child);
  const Reference context = Reference::to(self->context);
  if (PyContext_Enter(context.get()) < 0) return PYGEN_ERROR;
  const PySendResult outcome = step(keep.get(), error, result);
  if (PyContext_Exit(context.get()) < 0) {
    if (outcome != PYGEN_ERROR) Py_CLEAR(*result);
    return PYGEN_ERROR;
  }
  return outcome;
}

struct Type : OperationType<Type, Crewman> {
  static constexpr const char* kName = "mtaio._core.Crewman";
  static constexpr const char* kDoc =
      "Steps coroutines of gather() and map(), one after the other.";

  static const char* owner(const Crewman*) noexcept { return "TaskExecutor"; }
  static const char* name(const Crewman*) noexcept { return "worker"; }
  static PyObject* repr(Crewman* self) {
    if (self->child) return PyUnicode_FromFormat("<TaskExecutor worker of %R>", self->child);
    return PyUnicode_FromString("<TaskExecutor worker>");
  }
  /// For asyncio's stacks of tasks.
  static PyObject* get_frame(PyObject* object, void*) {
    PyObject* child = as_operation(object)->child;
    PyObject* frame = child ? PyObject_GetAttrString(child, "cr_frame") : nullptr;
    if (frame) return frame;
    PyErr_Clear();
    Py_RETURN_NONE;
  }
  static inline std::array<PyGetSetDef, 4> properties{
      {kNameProperty, kQualnameProperty, {"cr_frame", &get_frame, nullptr, nullptr, nullptr}, {}}};

  static PySendResult resume(Crewman* self, PyObject* error, PyObject** result) {
    if (self->ended) {
      PyErr_SetString(PyExc_RuntimeError, "cannot reuse a worker that has ended");
      return PYGEN_ERROR;
    }
    Gathering& of = *self->of;
    const Reference keep = Reference::to(reinterpret_cast<PyObject*>(&of));
    of.begins(*self);
    Turn turn;
    const bool closing = error && PyErr_GivenExceptionMatches(error, PyExc_GeneratorExit) != 0;
    if (error && !self->child) return end_early(self, error, result);
    for (;;) {
      if (!self->child && !take_up(self)) return end(self, result);
      PyObject* value = nullptr;
      const PySendResult outcome = step_child(self, std::exchange(error, nullptr), &value);
      if (outcome == PYGEN_NEXT) {
        if (!self->pulls) of.recruit();
        *result = value;
        return PYGEN_NEXT;
      }
      Py_CLEAR(self->child);
      Py_CLEAR(self->context);
      if (closing && outcome == PYGEN_ERROR && PyErr_ExceptionMatches(PyExc_GeneratorExit)) {
        self->leave();
        return PYGEN_ERROR;
      }
      if (self->pulls) {
        if (pulled(self, outcome, value)) continue;
      } else if (deliver(self, value)) {
        return end_and_recruit(self, result);
      }
      if (turn.is_over() && of.has_more()) {
        Py_INCREF(Py_None);
        *result = Py_None;
        return PYGEN_NEXT;
      }
    }
  }
  static bool idle(Crewman* self) noexcept { return self->ended; }

  static int traverse(Crewman* self, visitproc visit, void* arg) {
    Py_VISIT(self->of);
    Py_VISIT(self->task);
    Py_VISIT(self->child);
    Py_VISIT(self->context);
    return 0;
  }
  static void clear(Crewman* self) {
    Py_CLEAR(self->child);
    Py_CLEAR(self->context);
    Py_CLEAR(self->task);
  }
  static void release(Crewman* self) {
    if (self->of) self->leave();
    clear(self);
    Py_CLEAR(self->of);
  }
};

}  // namespace

void Crewman::leave() {
  if (ended) return;
  ended = true;
  Py_CLEAR(task);
  of->left(*this);
}

bool Crewman::prepare_type() { return Type::prepare(); }

Crewman* Crewman::create(Gathering& of) {
  Crewman* made = Type::make();
  if (!made) return nullptr;
  Py_INCREF(&of);
  made->of = &of;
  made->previous = made->next = nullptr;
  made->task = made->child = made->context = nullptr;
  made->index = 0;
  made->pulls = made->begun = made->ended = false;
  PyObject_GC_Track(reinterpret_cast<PyObject*>(made));
  return made;
}

}  // namespace mtaio::python
