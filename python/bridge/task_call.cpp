#include <mtaio/python/task_call.hpp>

#include "bridge/background_runtime.hpp"
#include "bridge/call_operation.hpp"
#include "bridge/prepare.hpp"

#include <utility>

namespace mtaio::python {

bool TaskCall::start(EventLoop& loop, PyObject* owner) {
  if (!prepare(loop, owner)) return false;
  retain();  // for the task
  if (launch_in_background(*this)) return true;
  release();
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
  drop_future();
  if (!done()) request_stop();
  release();
}

namespace {

struct TaskOperation : Operation {
  TaskCall* call;
  /// What was thrown in while the task ran.
  PyObject* stop;
  /// Lives as long as the module.
  const char* name;
};

struct TaskOperationType : CallOperationType<TaskOperationType, TaskOperation> {
  static constexpr const char* kName = "mtaio.TaskOperation";
  static constexpr const char* kDoc = "A task in C++; it starts when it is awaited.";

  static const char* owner(const TaskOperation*) noexcept { return nullptr; }
  static const char* name(const TaskOperation* self) noexcept { return self->name; }
  static PyObject* repr(TaskOperation* self) {
    return PyUnicode_FromFormat("<C++ task %s(), %s>", self->name, state_text(self));
  }

  static bool start(TaskOperation* self, EventLoop& loop) { return self->call->start(loop, self); }
  static bool request_stop(TaskOperation* self) noexcept {
    self->call->request_stop();
    return true;
  }
  static PyObject* take(TaskOperation* self) noexcept { return self->call->take(); }

  static int traverse(TaskOperation* self, visitproc visit, void* arg) {
    Py_VISIT(self->stop);
    if (self->call) Py_VISIT(self->call->future());
    return 0;
  }
};

}  // namespace

PyObject* new_task_operation(TaskCall* call, const char* name) {
  TaskOperation* made = nullptr;
  if (prepare_bridge() && TaskOperationType::prepare()) {
    made = TaskOperationType::create([&](TaskOperation& self) {
      self.call = call;
      self.name = name;
    });
  }
  if (!made) call->abandon();
  return made;
}

}  // namespace mtaio::python
