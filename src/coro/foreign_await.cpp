#include <mtaio/coro/foreign_await.hpp>

#include <mtaio/coro/thread_context.hpp>

namespace mtaio::internal {

bool ReturnHome::leave(std::coroutine_handle<> coroutine, TaskRoot& root) noexcept {
  const ThreadContext& thread = this_thread();
  if (thread.root() == &root && thread.worker() &&
      &thread.worker()->scheduler == &root.scheduler()) {
    return false;
  }
  coroutine_ = coroutine;
  set_root(&root);
  root.scheduler().post(*this);
  return true;
}

std::coroutine_handle<> ReturnHome::arrive(lowlevel::Job& job) noexcept {
  return static_cast<ReturnHome&>(job).coroutine_;
}

}  // namespace mtaio::internal
