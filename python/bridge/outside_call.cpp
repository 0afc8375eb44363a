#include <mtaio/python/outside_call.hpp>

namespace mtaio::python {

OutsideCall::~OutsideCall() {
  forget_pending();
  if (loop_) loop_->release();
}

bool OutsideCall::prepare(EventLoop& loop, PyObject* owner) {
  loop_ = &loop;
  loop.hold();
  return wait(owner);
}

bool OutsideCall::wait(PyObject* owner) {
  forget_pending();
  const Reference of = loop_->loop();
  if (!of) {
    PyErr_SetString(PyExc_RuntimeError, "the event loop is gone");
    return false;
  }
  pending_ = Pending::create(of.get());
  if (!pending_) return false;
  pending_->owner = owner;
  return true;
}

std::coroutine_handle<> OutsideCall::arrive(lowlevel::Job& job) noexcept {
  auto& self = static_cast<OutsideCall&>(job);
  if (!self.loop_closed()) {
    self.done_ = true;
    // What it raises, the loop reports.
    if (self.pending_) (void)self.pending_->complete(self.loop_->may_step());
  }
  self.let_go();
  return std::noop_coroutine();
}

void OutsideCall::forget_pending() noexcept { Pending::forget(pending_); }

}  // namespace mtaio::python
