#include <mtaio/fan_out/core.hpp>

namespace mtaio::internal {

std::coroutine_handle<> FanOut::offer_token_slow(std::coroutine_handle<> next) noexcept {
  LocalQueues* worker = this_thread().worker();
  const bool at_home = worker != nullptr && &worker->scheduler == &scheduler();
  if (!at_home || !worker->fan_outs.push(this)) {
    scheduler().post(*this);
    return next;
  }
  return worker->should_notify() ? notify_one_worker(next) : next;
}

std::coroutine_handle<> FanOut::notify_one_worker(std::coroutine_handle<> next) noexcept {
  scheduler().notify_one();
  return next;
}

bool FanOut::take_back_token_slow() noexcept {
  const ThreadContext& thread = this_thread();
  if (!thread.worker() || thread.fast_worker()) return false;
  return thread.worker()->fan_outs.pop_if(this);
}

std::coroutine_handle<> FanOut::post_token() noexcept {
  state_.remove_child();
  scheduler().post(*this);
  return std::noop_coroutine();
}

void FanOut::post_parked_token() noexcept { scheduler().post(*this); }

std::coroutine_handle<> FanOut::retire_token() noexcept {
  if (state_.close_without_child() == FanOutState::Leaving::kResumeParent) return parent();
  return std::noop_coroutine();
}

}  // namespace mtaio::internal
