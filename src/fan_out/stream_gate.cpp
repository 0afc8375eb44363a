#include <mtaio/fan_out/stream_gate.hpp>

#include <mtaio/fan_out/core.hpp>

#include <utility>

namespace mtaio::internal {

void StreamGate::open(lowlevel::StopScope& scope) noexcept {
  scope_ = &scope;
  scope.add(*this);
}

bool StreamGate::park_if_full(FanOut& token, std::size_t limit) noexcept {
  const Guard guard{lock_};
  if (places_ < limit || halted_) return false;
  parked_ = &token;
  return true;
}

void StreamGate::leave_scope() noexcept {
  if (scope_) scope_->remove(*this);
  scope_ = nullptr;
}

void StreamGate::halt() noexcept {
  FanOut* token = nullptr;
  {
    const Guard guard{lock_};
    halted_ = true;
    token = take_token();
  }
  post(token);
}

void StreamGate::end(std::exception_ptr error) noexcept {
  lowlevel::Waiter* consumer = nullptr;
  {
    const Guard guard{lock_};
    ended_ = true;
    error_ = std::move(error);
    consumer = claim_consumer();
  }
  wake(consumer);
}

void StreamGate::close() noexcept {
  const Guard guard{lock_};
  closed_ = true;
}

bool StreamGate::enlist(lowlevel::Waiter& waiter) noexcept {
  const Guard guard{lock_};
  if (can_take()) {
    waiter.complete_inline();
    return false;
  }
  return consumers_.enlist(waiter);
}

void StreamGate::forget(lowlevel::Waiter& waiter) noexcept {
  const Guard guard{lock_};
  consumers_.forget(waiter);
}

void StreamGate::post(FanOut* token) noexcept {
  if (token) token->post_parked_token();
}

void StreamGate::stop(lowlevel::StopNode& node) noexcept { static_cast<StreamGate&>(node).halt(); }

}  // namespace mtaio::internal
