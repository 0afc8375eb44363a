#include <mtaio/python/task_call.hpp>

#include "bridge/host.hpp"
#include "bridge/operation.hpp"
#include "bridge/runtime_state.hpp"

#include <array>
#include <cstdint>
#include <utility>

namespace mtaio::python {

TaskCall::~TaskCall() {
  if (loop_) loop_->release();
}

bool TaskCall::wait(PyObject* owner) {
  forget_pending();
  const Reference of = loop_->loop();
  pending_ = of ? Pending::create(of.get()) : nullptr;
  if (!pending_) return false;
  pending_->owner = owner;
  return true;
}

bool TaskCall::start(EventLoop& loop, PyObject* owner) {
  loop_ = &loop;
  loop.hold();
  if (!wait(owner)) return false;
  owners_.store(2, std::memory_order_relaxed);
  if (launch_on_host(*this)) return true;
  owners_.store(1, std::memory_order_relaxed);
  return false;
}

PyObject* TaskCall::take() noexcept {
  Object::give_up_dropped();
  if (!error_) return convert();
  const std::exception_ptr error = std::exchange(error_, nullptr);
  raise_in_python(error);
  return nullptr;
}

void TaskCall::abandon() noexcept {
  forget_pending();
  if (!done_) request_stop();
  let_go();
}

std::coroutine_handle<> TaskCall::arrive(lowlevel::Job& job) noexcept {
  auto& self = static_cast<TaskCall&>(job);
  if (!self.loop_->closed()) {
    self.done_ = true;
    if (self.pending_) {
      const Reference keep = Reference::to(self.pending_->object());
      (void)self.pending_->complete(self.loop_->may_step());  // what it raises, the loop reports
    }
  }
  self.let_go();
  return std::noop_coroutine();
}

void TaskCall::forget_pending() noexcept {
  if (!pending_) return;
  pending_->owner = nullptr;
  Py_CLEAR(pending_);
}

void TaskCall::let_go() noexcept {
  if (owners_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
}

namespace {

struct TaskOperation {
  enum class State : std::uint8_t { kNew, kRunning, kEnded };

  PyObject_HEAD TaskCall* call;
  PyObject* stop;    // what was thrown in while the task ran
  const char* name;  // lives as long as the module
  State state;

  static PySendResult resume(TaskOperation* self, PyObject* error, PyObject** result);
  static bool idle(TaskOperation* self) noexcept;
};

using State = TaskOperation::State;

PyTypeObject* type = nullptr;

TaskOperation* as_operation(PyObject* object) noexcept {
  return reinterpret_cast<TaskOperation*>(object);
}
PyObject* as_object(TaskOperation* self) noexcept { return reinterpret_cast<PyObject*>(self); }

void leave(TaskOperation* self) noexcept {
  self->state = State::kEnded;
  if (TaskCall* call = std::exchange(self->call, nullptr)) call->abandon();
}

PySendResult fail(TaskOperation* self) noexcept {
  leave(self);
  return PYGEN_ERROR;
}

PySendResult fail_with(TaskOperation* self, PyObject* error) noexcept {
  leave(self);
  RaisedError::raise(error);
  return PYGEN_ERROR;
}

PySendResult give_pending(const TaskOperation* self, PyObject** result) noexcept {
  *result = self->call->pending()->object();
  Py_INCREF(*result);
  return PYGEN_NEXT;
}

int clear(PyObject* object) {
  leave(as_operation(object));
  Py_CLEAR(as_operation(object)->stop);
  return 0;
}

void destroy(PyObject* object) {
  PyObject_GC_UnTrack(object);
  clear(object);
  forget_stop_iteration();
  PyTypeObject* of = Py_TYPE(object);
  PyObject_GC_Del(object);
  Py_DECREF(of);
}

int traverse(PyObject* object, visitproc visit, void* arg) {
  const TaskOperation* self = as_operation(object);
  Py_VISIT(Py_TYPE(object));
  Py_VISIT(self->stop);
  if (self->call && self->call->pending()) Py_VISIT(self->call->pending()->object());
  return 0;
}

PyObject* repr(PyObject* object) {
  const TaskOperation* self = as_operation(object);
  const char* state = self->state == State::kNew       ? "not awaited yet"
                      : self->state == State::kRunning ? "running"
                                                       : "done";
  return PyUnicode_FromFormat("<C++ task %s(), %s>", self->name, state);
}

PyObject* get_name(PyObject* object, void*) {
  return PyUnicode_FromString(as_operation(object)->name);
}

std::array<PyMethodDef, 4> methods{{MTAIO_PYTHON_OPERATION_METHODS(TaskOperation), {}}};
std::array<PyGetSetDef, 3> properties{{
    {"__name__", &get_name, nullptr, nullptr, nullptr},
    {"__qualname__", &get_name, nullptr, nullptr, nullptr},
    {},
}};
std::array<PyType_Slot, 12> slots{{
    MTAIO_PYTHON_OPERATION_SLOTS(TaskOperation),
    {Py_tp_dealloc, reinterpret_cast<void*>(&destroy)},
    {Py_tp_traverse, reinterpret_cast<void*>(&traverse)},
    {Py_tp_clear, reinterpret_cast<void*>(&clear)},
    {Py_tp_repr, reinterpret_cast<void*>(&repr)},
    {Py_tp_methods, methods.data()},
    {Py_tp_getset, properties.data()},
    {Py_tp_doc, const_cast<char*>("A task in C++; it starts when it is awaited.")},
    {0, nullptr},
}};
PyType_Spec spec{"mtaio.TaskOperation", sizeof(TaskOperation), 0,
                 Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
                 slots.data()};

PySendResult begin(TaskOperation* self, PyObject** result) {
  EventLoop* loop = EventLoop::of_running();
  if (!loop) return fail(self);
  const bool started = self->call->start(*loop, as_object(self));
  loop->release();
  if (!started) return fail(self);
  self->state = State::kRunning;
  return give_pending(self, result);
}

PySendResult finish(TaskOperation* self, PyObject** result) {
  if (self->stop) return fail_with(self, std::exchange(self->stop, nullptr));
  PyObject* value = self->call->take();
  RaisedError raised = RaisedError::fetch();
  leave(self);
  if (!value) {
    std::move(raised).restore();
    return PYGEN_ERROR;
  }
  *result = value;
  return PYGEN_RETURN;
}

}  // namespace

PySendResult TaskOperation::resume(TaskOperation* self, PyObject* error, PyObject** result) {
  if (self->state == State::kEnded) {
    PyErr_Format(PyExc_RuntimeError, "cannot reuse already awaited %s()", self->name);
    return PYGEN_ERROR;
  }
  if (error) {
    Py_INCREF(error);
    const bool waits = self->state == State::kRunning && !self->call->done() &&
                       !PyErr_GivenExceptionMatches(error, PyExc_GeneratorExit);
    if (!waits) return fail_with(self, error);
    if (self->stop) {
      Py_DECREF(error);
    } else {
      self->stop = error;
    }
    self->call->request_stop();
    return self->call->wait(as_object(self)) ? give_pending(self, result) : fail(self);
  }
  if (self->state == State::kNew) return begin(self, result);
  if (self->call->done()) return finish(self, result);
  PyErr_Format(PyExc_RuntimeError, "%s() was resumed before it was ready", self->name);
  return PYGEN_ERROR;
}

bool TaskOperation::idle(TaskOperation* self) noexcept {
  if (self->state == State::kRunning) return false;
  leave(self);
  return true;
}

PyObject* new_task_operation(TaskCall* call, const char* name) {
  if (!type && prepare_state()) type = make_operation_type(spec);
  auto* made = type ? PyObject_GC_New(TaskOperation, type) : nullptr;
  if (!made) {
    call->abandon();
    return nullptr;
  }
  made->call = call;
  made->stop = nullptr;
  made->name = name;
  made->state = TaskOperation::State::kNew;
  PyObject_GC_Track(as_object(made));
  return as_object(made);
}

}  // namespace mtaio::python
