#include <mtaio/python/task_call.hpp>

#include "bridge/call_operation.hpp"
#include "bridge/host.hpp"
#include "bridge/runtime_state.hpp"

#include <utility>

namespace mtaio::python {

bool TaskCall::start(EventLoop& loop, PyObject* owner) {
  if (!prepare(loop, owner)) return false;
  hold();
  if (launch_on_host(*this)) return true;
  let_go();
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
  if (!done()) request_stop();
  let_go();
}

namespace {

struct TaskOperation {
  PyObject_HEAD TaskCall* call;
  PyObject* stop;    // what was thrown in while the task ran
  const char* name;  // lives as long as the module
  CallState state;
};

struct Type : CallOperationType<Type, TaskOperation> {
  static constexpr const char* kName = "mtaio.TaskOperation";
  static constexpr const char* kDoc = "A task in C++; it starts when it is awaited.";

  static const char* owner(const TaskOperation*) noexcept { return nullptr; }
  static const char* name(const TaskOperation* self) noexcept { return self->name; }
  static PyObject* repr(TaskOperation* self) {
    return PyUnicode_FromFormat("<C++ task %s(), %s>", self->name, to_text(self->state));
  }

  static bool start(TaskOperation* self, EventLoop& loop) {
    return self->call->start(loop, reinterpret_cast<PyObject*>(self));
  }
  static bool request_stop(TaskOperation* self) noexcept {
    self->call->request_stop();
    return true;
  }
  static PyObject* take(TaskOperation* self) noexcept { return self->call->take(); }

  static int traverse(TaskOperation* self, visitproc visit, void* arg) {
    Py_VISIT(self->stop);
    if (self->call && self->call->pending()) Py_VISIT(self->call->pending()->object());
    return 0;
  }
};

}  // namespace

PyObject* new_task_operation(TaskCall* call, const char* name) {
  TaskOperation* made = prepare_state() && Type::prepare() ? Type::make() : nullptr;
  if (!made) {
    call->abandon();
    return nullptr;
  }
  made->call = call;
  made->stop = nullptr;
  made->name = name;
  made->state = CallState::kNew;
  PyObject_GC_Track(reinterpret_cast<PyObject*>(made));
  return reinterpret_cast<PyObject*>(made);
}

}  // namespace mtaio::python
