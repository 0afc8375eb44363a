#include <mtaio/python/awaitable.hpp>

#include "bridge/prepare.hpp"

namespace mtaio::python {

bool InLoop::set(PyObject* object) {
  if (!prepare_bridge()) return false;
  EventLoop* loop = EventLoop::of_running();
  if (!loop) return false;
  if (loop_) loop_->release();
  loop_ = loop;
  object_ = Object::to(object);
  return true;
}

}  // namespace mtaio::python
