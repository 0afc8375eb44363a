#include "module/gather/gather_workers.hpp"

#include <mtaio/python/raised_error.hpp>

#include "bridge/cached_objects.hpp"
#include "module/awaiting/awaiting.hpp"
#include "module/gather/gather.hpp"
#include "module/gather/gather_operation.hpp"
#include "module/gather/gather_worker.hpp"

#include <utility>
#include <vector>

namespace mtaio::python {
namespace {

// How many workers one that suspends asks for: their number doubles on each iteration of the loop.
constexpr int kMorePerSuspension = 2;

/// The callback of a worker's task. A task that the loop's factory has wrapped may never have
/// stepped the worker.
PyObject* task_is_done(PyObject* object, PyObject* /*task*/) {
  auto* worker = static_cast<GatherWorker*>(object);
  if (worker->state != OperationState::kEnded) {
    const Reference keep = Reference::to(worker->operation);
    worker->leave();
    worker->operation->gather->workers.scale_up();
  }
  Py_RETURN_NONE;
}

PyMethodDef task_is_done_method{"task_is_done", &task_is_done, METH_O, nullptr};

}  // namespace

bool GatherWorkers::wants_more() const noexcept {
  Gather& gather = *operation_->gather;
  return live_ < limit_ && gather.has_more() && (live_ == 0 || fresh_ < gather.source.at_most());
}

void GatherWorkers::scale_up() {
  if (!wants_more() || try_to_scale_up()) return;
  Gather& gather = *operation_->gather;
  gather.fail(gather.source.started);
  if (live_ == 0) all_left();
}

bool GatherWorkers::try_to_scale_up() {
  scale_up_again_ = true;
  if (scaling_up_) return true;  // called by an eager task that add() below is starting
  scaling_up_ = true;
  bool added = true;
  while (added && std::exchange(scale_up_again_, false)) {
    const int wanted = live_ == 0 ? 1 : kMorePerSuspension;
    for (int i = 0; added && i < wanted && wants_more(); ++i) added = add();
  }
  scaling_up_ = false;
  return added;
}

bool GatherWorkers::add() {
  GatherWorker* worker = GatherWorker::create(*operation_);
  if (!worker) return false;
  const Reference keep = Reference::take(worker);
  Py_INCREF(worker);  // for the list
  worker->next = first_;
  if (first_) first_->previous = worker;
  first_ = worker;
  ++live_;
  ++fresh_;
  const bool started = start(*worker);
  if (!started && !worker->task) {
    const PreservedError preserved;
    worker->leave();
  }
  return started;
}

bool GatherWorkers::start(GatherWorker& worker) {
  Reference task = Reference::take(PyObject_CallMethodOneArg(operation_->gather->loop.get(),
                                                             cached().name_create_task, &worker));
  if (!task) return false;
  if (worker.state == OperationState::kEnded) return true;  // the task is an eager one
  worker.task = task.release();
  if (!watches_tasks_) return true;
  const Reference callback = Reference::take(PyCFunction_New(&task_is_done_method, &worker));
  const Reference added = Reference::take(
      callback ? PyObject_CallMethod(worker.task, "add_done_callback", "O", callback.get())
               : nullptr);
  return static_cast<bool>(added);
}

void GatherWorkers::left(GatherWorker& worker) {
  if (worker.previous) {
    worker.previous->next = worker.next;
  } else {
    first_ = worker.next;
  }
  if (worker.next) worker.next->previous = worker.previous;
  worker.previous = worker.next = nullptr;
  --live_;
  if (live_ == 0 && !operation_->gather->has_more()) all_left();
  Py_DECREF(&worker);
}

void GatherWorkers::all_left() {
  if (!operation_->future) return;
  const PreservedError preserved;
  if (operation_->future && !operation_->future->complete()) PyErr_WriteUnraisable(nullptr);
}

void GatherWorkers::cancel() {
  const PreservedError preserved;
  const Reference current = Reference::take(PyObject_CallNoArgs(cached().current_task));
  if (!current) PyErr_Clear();
  std::vector<Reference> tasks;
  for (const GatherWorker* each = first_; each; each = each->next) {
    // Not the worker that is reporting the end of its coroutine.
    if (each->task && (each->child || each->task != current.get())) {
      tasks.push_back(Reference::to(each->task));
    }
  }
  for (const Reference& task : tasks) python::cancel(task.get());
}

void GatherWorkers::leave_all() {
  while (first_) first_->leave();
}

int GatherWorkers::traverse(visitproc visit, void* arg) const {
  for (GatherWorker* each = first_; each; each = each->next) Py_VISIT(each);
  return 0;
}

}  // namespace mtaio::python
