#include "runtime/workers.hpp"

#include <algorithm>

namespace mtaio::runtime {

bool Workers::has_work() const noexcept {
  if (!injector_.empty()) return true;
  for (const auto& worker : all_) {
    if (!worker->fan_outs.empty() || !worker->ready.empty()) return true;
  }
  return timer_has_expired();
}

VisibleWork Workers::visible_work(const Worker& worker) noexcept {
  if (!injector_.empty() || !worker.ready.empty()) return VisibleWork::kNow;
  if (timer_has_expired()) return VisibleWork::kNow;
  auto visible = VisibleWork::kNothing;
  const bool backs_off = worker.back_off.is_active();
  for (const auto& other : all_) {
    const bool has_fan_outs = !other->fan_outs.empty();
    if ((has_fan_outs && !backs_off) || !other->ready.list_empty() ||
        other->steal_delay.is_over(other->ready)) {
      return VisibleWork::kNow;
    }
    if (has_fan_outs) visible = VisibleWork::kForOthers;
    if (!other->ready.empty()) visible = std::max(visible, VisibleWork::kLater);
  }
  return visible;
}

lowlevel::TimePoint Workers::next_deadline() const noexcept {
  auto next = lowlevel::TimePoint::max();
  for (const auto& worker : all_) next = std::min(next, worker->timers.next_deadline());
  return next;
}

bool Workers::timer_has_expired() const noexcept {
  const lowlevel::TimePoint next = next_deadline();
  return next != lowlevel::TimePoint::max() && next <= lowlevel::TimePoint::clock::now();
}

void Workers::fire_expired_timers() noexcept {
  if (next_deadline() == lowlevel::TimePoint::max()) return;
  const lowlevel::TimePoint now = lowlevel::TimePoint::clock::now();
  for (const auto& worker : all_) worker->timers.fire_due(now);
}

void Workers::let_others_fire() noexcept {
  for (const auto& worker : all_) worker->timers.let_others_fire();
}

}  // namespace mtaio::runtime
