#include "module/gather/gather_operation.hpp"

#include "bridge/operation_type.hpp"
#include "bridge/running_loop.hpp"
#include "module/awaiting/loop_timer.hpp"
#include "module/gather/gather.hpp"
#include "module/gather/gather_worker.hpp"

#include <cmath>
#include <utility>

namespace mtaio::python {
namespace {

void end(GatherOperation* self) noexcept {
  self->state = OperationState::kEnded;
  disarm_timer(std::exchange(self->timer, nullptr));
  self->gather->source.drop();
}

/// The loop's call when the time has run out.
PyObject* time_out(PyObject* object, PyObject*) {
  auto* self = static_cast<GatherOperation*>(object);
  if (self->state == OperationState::kStarted) self->gather->time_is_over();
  Py_RETURN_NONE;
}

PyMethodDef time_out_method{"time_out", &time_out, METH_NOARGS, nullptr};

PySendResult finish(GatherOperation* self, PyObject** result) {
  if (self->state == OperationState::kEnded) {
    PyErr_Format(PyExc_RuntimeError, "TaskExecutor.%s() was closed while it ran",
                 self->gather->name());
    return PYGEN_ERROR;
  }
  end(self);
  OperationFuture::drop(self->future);
  if (self->stop) {
    self->gather->results.drop();
    return raise_from_operation(std::exchange(self->stop, nullptr));
  }
  *result = self->gather->conclude();
  return *result ? PYGEN_RETURN : PYGEN_ERROR;
}

/// Has the caller wait, also when it waits again, unless all workers have left.
PySendResult wait(GatherOperation* self, PyObject** result) {
  // Dropping and making a future may run any code, in which the last worker leaves.
  OperationFuture::drop(self->future);
  if (self->gather->workers.live() > 0) {
    self->future = OperationFuture::create(self->gather->loop.get(), self);
    if (!self->future) return PYGEN_ERROR;
    if (self->gather->workers.live() > 0) return wait_for(self->future, result);
  }
  return finish(self, result);
}

/// False with an exception set.
bool start_timer(GatherOperation* self) {
  const double timeout = self->gather->options.timeout;
  if (timeout <= 0) {
    self->gather->time_is_over();
  } else if (!std::isinf(timeout)) {
    self->timer = arm_timer(self->gather->loop.get(), timeout, time_out_method, self);
    return self->timer != nullptr;
  }
  return true;
}

PySendResult begin(GatherOperation* self, PyObject** result) {
  PyObject* loop = running_loop();
  if (!loop) {
    end(self);
    PyErr_SetString(PyExc_RuntimeError, "no running event loop");
    return PYGEN_ERROR;
  }
  self->state = OperationState::kStarted;
  self->gather->begin(loop);
  if (!start_timer(self)) {
    end(self);
    return PYGEN_ERROR;
  }
  self->gather->workers.scale_up();
  return wait(self, result);
}

/// The caller was cancelled, or the operation is being closed.
PySendResult throw_in(GatherOperation* self, PyObject* error, PyObject** result) {
  if (self->stop) {
    self->gather->workers.cancel();  // again, because the caller was cancelled again
  } else {
    self->stop = Py_NewRef(error);
    self->gather->stop();
  }
  const bool closing = PyErr_GivenExceptionMatches(error, PyExc_GeneratorExit) != 0;
  return closing ? finish(self, result) : wait(self, result);
}

struct GatherOperationType : OperationType<GatherOperationType, GatherOperation> {
  static constexpr const char* kName = "mtaio._core.GatherOperation";
  static constexpr const char* kDoc = "Coroutines to be run; nothing happens before it is awaited.";

  static const char* owner(const GatherOperation*) noexcept { return "TaskExecutor"; }
  static const char* name(const GatherOperation* self) noexcept { return self->gather->name(); }
  static PyObject* repr(GatherOperation* self) {
    const Gather& gather = *self->gather;
    return PyUnicode_FromFormat("<TaskExecutor.%s() %s, tasks=%zd started=%zd workers=%zd>",
                                gather.name(), state_text(self),
                                static_cast<Py_ssize_t>(gather.source.given.size()),
                                gather.source.started, gather.workers.live());
  }

  static PySendResult resume(GatherOperation* self, PyObject* error, PyObject** result) {
    if (self->state == OperationState::kEnded) return refuse_reuse(self);
    if (self->state == OperationState::kStarted) {
      return error ? throw_in(self, error, result) : wait(self, result);
    }
    if (!error) return begin(self, result);
    end(self);
    return raise_from_operation(Py_NewRef(error));
  }
  static void leave(GatherOperation* self) noexcept { end(self); }

  static int traverse(GatherOperation* self, visitproc visit, void* arg) {
    Py_VISIT(self->executor);
    Py_VISIT(self->future);
    Py_VISIT(self->stop);
    Py_VISIT(self->timer);
    return self->gather->traverse(visit, arg);
  }
  static void clear(GatherOperation* self) {
    disarm_timer(std::exchange(self->timer, nullptr));
    OperationFuture::drop(self->future);
    self->gather->clear();
    Py_CLEAR(self->executor);
    Py_CLEAR(self->stop);
  }
  static void drop(GatherOperation* self) {
    clear(self);
    delete std::exchange(self->gather, nullptr);
  }
};

}  // namespace

PyObject* GatherOperation::create(PyObject* executor, CoroutineSource source,
                                  const GatherOptions& options) {
  Reference list = Reference::take(PyList_New(0));
  GatherOperation* made = nullptr;
  if (list) {
    made = GatherOperationType::create([&](GatherOperation& self) {
      self.executor = Py_NewRef(executor);
      self.gather = new Gather{self, std::move(list), std::move(source), options};
    });
  }
  if (!made) source.drop();
  return made;
}

bool add_gather_operation(PyObject* module) {
  return GatherWorker::prepare_type() && GatherOperationType::add_to(module);
}

}  // namespace mtaio::python
