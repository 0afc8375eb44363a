#include "module/gather/crewman.hpp"

#include "module/awaiting/awaiting.hpp"
#include "module/gather/gathering.hpp"
#include "module/awaiting/loop_timer.hpp"
#include "bridge/operation_type.hpp"
#include "bridge/runtime_state.hpp"

#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
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
  *result = Py_NewRef(Py_None);
  return PYGEN_RETURN;
}

/// Lets others run.
PySendResult rest(PyObject** result) {
  *result = Py_NewRef(Py_None);
  return PYGEN_NEXT;
}

/// Ends; another one goes on in its place.
PySendResult end_and_recruit(Crewman* self, PyObject** result) {
  const PySendResult ended = end(self, result);
  self->of->recruit();
  return ended;
}

/// Its task was cancelled before it had begun, or between two coroutines.
PySendResult end_early(Crewman* self, PyObject* error, PyObject** result) {
  const bool closing = PyErr_GivenExceptionMatches(error, PyExc_GeneratorExit) != 0;
  return closing ? end(self, result) : end_and_recruit(self, result);
}

/// Whether its task has been asked to be cancelled. What is left of that must not meet the next
/// coroutine.
bool was_cancelled(Crewman* self, bool& not_delivered) {
  not_delivered = false;
  const Reference task = Reference::to(self->task);
  if (!task) return false;
  const Reference requests =
      Reference::take(PyObject_CallMethodNoArgs(task.get(), state().name_cancelling));
  if (!requests) {
    PyErr_Clear();
    return false;
  }
  if (PyObject_IsTrue(requests.get()) != 1) return false;
  const Reference must = Reference::take(PyObject_GetAttr(task.get(), state().name_must_cancel));
  if (!must) PyErr_Clear();
  not_delivered = must && PyObject_IsTrue(must.get()) == 1;
  return true;
}

/// Hands in what its child has ended with: `value`, or if that is null what is raised. True: its
/// own task has been cancelled.
bool deliver(Crewman* self, PyObject* value) {
  bool not_delivered = false;
  self->stop_clock();
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

enum class After : std::uint8_t { kGoOn, kEnd, kRaise };

/// Its child has ended, with `value` or with what is raised.
After settle(Crewman* self, PySendResult outcome, PyObject* value, bool closing) {
  if (self->kind == Next::kThreadCall && self->goes_on(value)) return After::kGoOn;
  self->drop_child();
  if (closing && outcome == PYGEN_ERROR && PyErr_ExceptionMatches(PyExc_GeneratorExit)) {
    self->leave();
    return After::kRaise;
  }
  if (self->kind == Next::kPull) {
    (void)self->pulled(outcome, value);
    return After::kGoOn;
  }
  return deliver(self, value) ? After::kEnd : After::kGoOn;
}

/// In debug mode: remembers a child whose step was slow.
class Stopwatch {
 public:
  explicit Stopwatch(Crewman* self) noexcept : self_{std::isinf(self->of->slow) ? nullptr : self} {
    if (self_) begin_ = Clock::now();
  }
  /// `child` has done a step.
  void look(PyObject* child) {
    if (!self_) return;
    const std::chrono::duration<double> took = Clock::now() - begin_;
    if (took.count() >= self_->of->slow) Py_XSETREF(self_->slowest, Py_NewRef(child));
  }

 private:
  using Clock = std::chrono::steady_clock;

  Crewman* self_;
  Clock::time_point begin_{};
};

/// One step of its child, in the child's context.
PySendResult step_child(Crewman* self, PyObject* error, PyObject** result) {
  const Reference keep = Reference::to(self->child);
  const Reference context = Reference::to(self->context);
  if (PyContext_Enter(context.get()) < 0) return PYGEN_ERROR;
  Stopwatch stopwatch{self};
  const PySendResult outcome = step(keep.get(), error, result);
  stopwatch.look(keep.get());
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
  static const char* name(const Crewman* self) noexcept { return self->of->name(); }
  static PyObject* repr(Crewman* self) {
    const Reference child = Reference::to(self->child);
    if (child) return PyUnicode_FromFormat("<TaskExecutor worker of %R>", child.get());
    return PyUnicode_FromString("<TaskExecutor worker>");
  }

  /// Which coroutine stands for it where asyncio shows its task.
  static PyObject* shown(PyObject* object) noexcept {
    const Crewman* self = as_operation(object);
    return self->slowest ? self->slowest : self->child;
  }
  static PyObject* get_attribute_of_shown(PyObject* object, const char* name) {
    const Reference coroutine = Reference::to(shown(object));
    PyObject* attribute = coroutine ? PyObject_GetAttrString(coroutine.get(), name) : nullptr;
    if (attribute) return attribute;
    PyErr_Clear();
    Py_RETURN_NONE;
  }
  static PyObject* get_frame(PyObject* object, void*) {
    return get_attribute_of_shown(object, "cr_frame");
  }
  static PyObject* get_code(PyObject* object, void*) {
    return get_attribute_of_shown(object, "cr_code");
  }
  static PyObject* get_long_name(PyObject* object, void*) {
    const char* call = as_operation(object)->of->name();
    const Reference of = Reference::take(get_attribute_of_shown(object, "__qualname__"));
    return of && PyUnicode_Check(of.get())
               ? PyUnicode_FromFormat("TaskExecutor.%s of %U", call, of.get())
               : PyUnicode_FromFormat("TaskExecutor.%s", call);
  }
  static inline std::array<PyGetSetDef, 5> properties{
      {kNameProperty,
       {"__qualname__", &get_long_name, nullptr, nullptr, nullptr},
       {"cr_frame", &get_frame, nullptr, nullptr, nullptr},
       {"cr_code", &get_code, nullptr, nullptr, nullptr},
       {}}};

  static PySendResult resume(Crewman* self, PyObject* error, PyObject** result) {
    if (self->ended) {
      PyErr_SetString(PyExc_RuntimeError, "cannot reuse a worker that has ended");
      return PYGEN_ERROR;
    }
    Gathering& of = *self->of;
    const Reference keep = Reference::to(reinterpret_cast<PyObject*>(&of));
    of.begins(*self);
    Py_CLEAR(self->slowest);
    const bool closing = error && PyErr_GivenExceptionMatches(error, PyExc_GeneratorExit) != 0;
    if (error && !self->child) return end_early(self, error, result);
    return go_on(self, error, closing, result);
  }
  static PySendResult go_on(Crewman* self, PyObject* error, bool closing, PyObject** result) {
    Gathering& of = *self->of;
    Turn turn;
    for (;;) {
      const auto taken = self->child ? Crewman::Taken::kChild : self->take_up();
      if (taken == Crewman::Taken::kNothing) return end(self, result);
      if (taken == Crewman::Taken::kEnded) {
        if (turn.is_over()) return rest(result);
        continue;
      }
      PyObject* value = nullptr;
      const PySendResult outcome = step_child(self, std::exchange(error, nullptr), &value);
      if (outcome == PYGEN_NEXT) {
        if (self->kind != Next::kPull) of.recruit();
        self->watch_clock();
        *result = value;
        return PYGEN_NEXT;
      }
      const After after = settle(self, outcome, value, closing);
      if (after == After::kRaise) return PYGEN_ERROR;
      if (after == After::kEnd) return end_and_recruit(self, result);
      if (!self->child && turn.is_over() && of.has_more()) return rest(result);
    }
  }
  static bool idle(Crewman* self) noexcept { return self->ended; }

  static int traverse(Crewman* self, visitproc visit, void* arg) {
    Py_VISIT(self->of);
    Py_VISIT(self->task);
    Py_VISIT(self->child);
    Py_VISIT(self->context);
    Py_VISIT(self->timer);
    Py_VISIT(self->slowest);
    return 0;
  }
  static void clear(Crewman* self) {
    self->drop_child();
    disarm(std::exchange(self->timer, nullptr));
    Py_CLEAR(self->slowest);
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
  disarm(std::exchange(timer, nullptr));
  const Reference dropped = Reference::take(std::exchange(task, nullptr));  // last of all
  of->left(*this);
}

bool Crewman::prepare_type() { return Type::prepare(); }

Crewman* Crewman::create(Gathering& of) {
  Crewman* made = Type::make();
  if (!made) return nullptr;
  made->of = &of;
  Py_INCREF(&of);
  made->previous = made->next = nullptr;
  made->task = made->child = made->context = made->timer = made->slowest = nullptr;
  made->deadline = std::numeric_limits<double>::infinity();
  made->index = 0;
  made->kind = Next::kAwaitable;
  made->timed_out = made->begun = made->ended = false;
  PyObject_GC_Track(reinterpret_cast<PyObject*>(made));
  return made;
}

}  // namespace mtaio::python
