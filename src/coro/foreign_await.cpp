#include <mtaio/lowlevel/foreign_await.hpp>

#include <mtaio/lowlevel/worker.hpp>

namespace mtaio::lowlevel {

bool GoHome::leave(std::coroutine_handle<> traveller, TaskRoot& root) noexcept {
  const ThreadState& thread = this_thread();
  if (thread.root == &root && thread.worker && &thread.worker->scheduler == &root.scheduler()) {
    return false;
  }
  traveller_ = traveller;
  set_root(&root);
  root.scheduler().post(*this);
  return true;
}

std::coroutine_handle<> GoHome::arrive(Job& job) noexcept {
  return static_cast<GoHome&>(job).traveller_;
}

}  // namespace mtaio::lowlevel
