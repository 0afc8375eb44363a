#include <mtaio/python/external_call.hpp>

namespace mtaio::python {

ExternalCall::~ExternalCall() {
  drop_future();
  if (loop_) loop_->release();
}

bool ExternalCall::prepare(EventLoop& loop, PyObject* owner) {
  loop_ = &loop;
  loop.retain();
  return wait(owner);
}

bool ExternalCall::wait(PyObject* owner) {
  drop_future();
  future_ = loop_->create_future(owner);
  return future_ != nullptr;
}

std::coroutine_handle<> ExternalCall::arrive(lowlevel::Job& job) noexcept {
  auto& self = static_cast<ExternalCall&>(job);
  if (!self.loop_closed()) {
    self.done_ = true;
    // The loop reports an exception that this raises.
    if (self.future_) (void)self.future_->complete(self.loop_->may_step());
  }
  self.release();
  return std::noop_coroutine();
}

void ExternalCall::drop_future() noexcept { OperationFuture::drop(future_); }

}  // namespace mtaio::python
