#include "module/gather/gather_worker.hpp"

#include <mtaio/python/raised_error.hpp>

#include "bridge/cached_objects.hpp"
#include "bridge/operation_type.hpp"
#include "module/awaiting/awaiting.hpp"
#include "module/awaiting/loop_timer.hpp"
#include "module/gather/gather.hpp"
#include "module/gather/gather_operation.hpp"

#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>

namespace mtaio::python {
namespace {

/// How long a worker runs before it lets the other tasks of the loop run.
class TimeSlice {
 public:
  /// To be called after every coroutine; looks at the clock after a few.
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

PySendResult end(GatherWorker* self, PyObject** result) {
  self->leave();
  *result = Py_NewRef(Py_None);
  return PYGEN_RETURN;
}

/// Lets the other tasks of the loop run.
PySendResult yield_to_loop(PyObject** result) {
  *result = Py_NewRef(Py_None);
  return PYGEN_NEXT;
}

/// Ends; another worker takes its place.
PySendResult end_and_replace(GatherWorker* self, PyObject** result) {
  const PySendResult ended = end(self, result);
  self->gather().workers.scale_up();
  return ended;
}

/// The task was cancelled before the worker had begun, or between two coroutines.
PySendResult end_early(GatherWorker* self, PyObject* error, PyObject** result) {
  const bool closing = PyErr_GivenExceptionMatches(error, PyExc_GeneratorExit) != 0;
  return closing ? end(self, result) : end_and_replace(self, result);
}

/// Whether the task was cancelled, which must not affect the next coroutine. `not_delivered` says
/// whether the CancelledError has yet to be thrown in.
bool was_cancelled(GatherWorker* self, bool& not_delivered) {
  not_delivered = false;
  const Reference task = Reference::to(self->task);
  if (!task) return false;
  const Reference requests =
      Reference::take(PyObject_CallMethodNoArgs(task.get(), cached().name_cancelling));
  if (!requests) {
    PyErr_Clear();
    return false;
  }
  if (PyObject_IsTrue(requests.get()) != 1) return false;
  const Reference must = Reference::take(PyObject_GetAttr(task.get(), cached().name_must_cancel));
  if (!must) PyErr_Clear();
  not_delivered = must && PyObject_IsTrue(must.get()) == 1;
  return true;
}

/// Reports what the child has ended with: `value`, or null with an exception set. True if the task
/// was cancelled.
bool report(GatherWorker* self, PyObject* value) {
  bool not_delivered = false;
  self->stop_clock();
  RaisedError raised = RaisedError::fetch();
  const bool cancelled = was_cancelled(self, not_delivered);
  if (raised) {
    std::move(raised).restore();
  } else if (not_delivered) {
    // The same happens to a task that is cancelled in its last step.
    Py_CLEAR(value);
    PyErr_SetNone(cached().cancelled_error);
  }
  self->gather().ended(self->index, value);
  return cancelled;
}

enum class After : std::uint8_t { kContinue, kEnd, kRaise };

/// The child has ended, with `value` or with the exception that is set.
After settle(GatherWorker* self, PySendResult outcome, PyObject* value, bool closing) {
  if (self->kind == Next::kThreadCall && self->function_returned(value)) return After::kContinue;
  self->drop_child();
  if (closing && outcome == PYGEN_ERROR && PyErr_ExceptionMatches(PyExc_GeneratorExit)) {
    self->leave();
    return After::kRaise;
  }
  if (self->kind == Next::kPull) {
    (void)self->pulled(outcome, value);
    return After::kContinue;
  }
  return report(self, value) ? After::kEnd : After::kContinue;
}

/// In debug mode: remembers a child whose step was slow.
class Stopwatch {
 public:
  explicit Stopwatch(GatherWorker* self) noexcept
      : self_{std::isinf(self->gather().slow_step) ? nullptr : self} {
    if (self_) begin_ = Clock::now();
  }
  /// `child` has done a step.
  void look(PyObject* child) {
    if (!self_) return;
    const std::chrono::duration<double> took = Clock::now() - begin_;
    if (took.count() >= self_->gather().slow_step) Py_XSETREF(self_->slowest, Py_NewRef(child));
  }

 private:
  using Clock = std::chrono::steady_clock;

  GatherWorker* self_;
  Clock::time_point begin_{};
};

/// One step of the child, in its context.
PySendResult step_child(GatherWorker* self, PyObject* error, PyObject** result) {
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

struct GatherWorkerType : OperationType<GatherWorkerType, GatherWorker> {
  static constexpr const char* kName = "mtaio._core.GatherWorker";
  static constexpr const char* kDoc =
      "Steps coroutines of gather() and map(), one after the other.";

  static const char* owner(const GatherWorker*) noexcept { return "TaskExecutor"; }
  static const char* name(const GatherWorker* self) noexcept { return self->gather().name(); }
  static PyObject* repr(GatherWorker* self) {
    const Reference child = Reference::to(self->child);
    if (child) return PyUnicode_FromFormat("<TaskExecutor worker of %R>", child.get());
    return PyUnicode_FromString("<TaskExecutor worker>");
  }

  /// The coroutine that asyncio shows in place of the worker.
  static PyObject* shown(PyObject* object) noexcept {
    const GatherWorker* self = as_operation(object);
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
    const char* call = as_operation(object)->gather().name();
    const Reference name = Reference::take(get_attribute_of_shown(object, "__qualname__"));
    return name && PyUnicode_Check(name.get())
               ? PyUnicode_FromFormat("TaskExecutor.%s of %U", call, name.get())
               : PyUnicode_FromFormat("TaskExecutor.%s", call);
  }
  static inline std::array<PyGetSetDef, 5> properties{
      {kNameProperty,
       {"__qualname__", &get_long_name, nullptr, nullptr, nullptr},
       {"cr_frame", &get_frame, nullptr, nullptr, nullptr},
       {"cr_code", &get_code, nullptr, nullptr, nullptr},
       {}}};

  static PySendResult resume(GatherWorker* self, PyObject* error, PyObject** result) {
    if (self->state == OperationState::kEnded) {
      PyErr_SetString(PyExc_RuntimeError, "cannot reuse a worker that has ended");
      return PYGEN_ERROR;
    }
    const Reference keep = Reference::to(self->operation);
    if (self->state == OperationState::kNew) {
      self->state = OperationState::kStarted;
      self->gather().workers.began();
    }
    Py_CLEAR(self->slowest);
    if (error && !self->child) return end_early(self, error, result);
    return step_children(self, error, result);
  }
  static PySendResult step_children(GatherWorker* self, PyObject* error, PyObject** result) {
    const bool closing = error && PyErr_GivenExceptionMatches(error, PyExc_GeneratorExit) != 0;
    Gather& gather = self->gather();
    TimeSlice slice;
    for (;;) {
      const auto taken = self->child ? GatherWorker::Taken::kChild : self->take_next();
      if (taken == GatherWorker::Taken::kNothing) return end(self, result);
      if (taken == GatherWorker::Taken::kEnded) {
        if (slice.is_over()) return yield_to_loop(result);
        continue;
      }
      PyObject* value = nullptr;
      const PySendResult outcome = step_child(self, std::exchange(error, nullptr), &value);
      if (outcome == PYGEN_NEXT) {
        if (self->kind != Next::kPull) gather.workers.scale_up();
        self->watch_clock();
        *result = value;
        return PYGEN_NEXT;
      }
      const After after = settle(self, outcome, value, closing);
      if (after == After::kRaise) return PYGEN_ERROR;
      if (after == After::kEnd) return end_and_replace(self, result);
      if (!self->child && slice.is_over() && gather.has_more()) return yield_to_loop(result);
    }
  }

  static int traverse(GatherWorker* self, visitproc visit, void* arg) {
    Py_VISIT(self->operation);
    Py_VISIT(self->task);
    Py_VISIT(self->child);
    Py_VISIT(self->context);
    Py_VISIT(self->timer);
    Py_VISIT(self->slowest);
    return 0;
  }
  static void clear(GatherWorker* self) {
    self->drop_child();
    disarm_timer(std::exchange(self->timer, nullptr));
    Py_CLEAR(self->slowest);
    Py_CLEAR(self->task);
  }
  static void drop(GatherWorker* self) {
    self->leave();
    clear(self);
    Py_CLEAR(self->operation);
  }

  static void leave(GatherWorker* self) noexcept { self->leave(); }
  /// The gather has made it, and there is no warning if nothing awaits it.
  static bool is_new(const GatherWorker* /*self*/) noexcept { return false; }
  /// It may have left while it had a child.
  static bool refers_to_none(const GatherWorker* /*self*/) noexcept { return false; }
};

}  // namespace

Gather& GatherWorker::gather() const noexcept { return *operation->gather; }

void GatherWorker::leave() {
  if (state == OperationState::kEnded) return;
  if (state == OperationState::kNew) gather().workers.began();
  state = OperationState::kEnded;
  disarm_timer(std::exchange(timer, nullptr));
  const Reference dropped = Reference::take(std::exchange(task, nullptr));  // last of all
  gather().workers.left(*this);
}

bool GatherWorker::prepare_type() { return GatherWorkerType::prepare(); }

GatherWorker* GatherWorker::create(GatherOperation& operation) {
  return GatherWorkerType::create([&](GatherWorker& self) {
    Py_INCREF(&operation);
    self.operation = &operation;
    self.kind = Next::kAwaitable;
    self.deadline = std::numeric_limits<double>::infinity();
  });
}

}  // namespace mtaio::python
