#include <mtaio/coro/foreign_await.hpp>

#include <mtaio/coro/thread_context.hpp>

namespace mtaio::internal {

bool GoHome::leave(std::coroutine_handle<> traveller, TaskRoot& root) noexcept {
  const ThreadContext& thread = this_thread();
  if (thread.root == &root && thread.worker && &thread.worker->scheduler == &root.scheduler()) {
    return false;
  }
  traveller_ = traveller;
  set_root(&root);
  root.scheduler().post(*this);
  return true;
}

std::coroutine_handle<> GoHome::arrive(lowlevel::Job& job) noexcept {
  return static_cast<GoHome&>(job).traveller_;
}

}  // namespace mtaio::internal
