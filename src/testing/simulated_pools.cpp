#include "testing/simulated_pools.hpp"

#include <algorithm>
#include <utility>

namespace mtaio::testing {

std::size_t SimulatedPools::startable() const noexcept {
  return static_cast<std::size_t>(std::ranges::count_if(pools_, &Pool::startable));
}

std::vector<SimulatedPools::Pool>::iterator SimulatedPools::find(
    const lowlevel::BlockingPool* pool) noexcept {
  return std::ranges::find(pools_, pool, &Pool::pool);
}

void SimulatedPools::submit(lowlevel::BlockingJob& job, const lowlevel::BlockingPool* pool,
                            std::size_t threads, lowlevel::TimePoint now) {
  if (started_.capacity() == functions_) started_.reserve(2 * functions_ + 8);
  auto found = find(pool);
  if (found == pools_.end()) found = pools_.insert(found, {pool, threads, 0, {}});
  found->queue.push_back({&job, pool, 0});
  found->queue.back().generation = lag_.begin(now);
  ++functions_;
}

bool SimulatedPools::withdraw(const lowlevel::BlockingJob& job,
                              const lowlevel::BlockingPool* pool) noexcept {
  const auto found = find(pool);
  if (found == pools_.end()) return false;
  const auto function = std::ranges::find(found->queue, &job, &Function::job);
  if (function == found->queue.end()) return false;
  lag_.end(function->generation);
  found->queue.erase(function);
  --functions_;
  forget_if_idle(found);
  return true;
}

void SimulatedPools::start(std::size_t index) noexcept {
  for (Pool& pool : pools_) {
    if (!pool.startable() || index-- > 0) continue;
    started_.push_back(pool.queue.front());
    pool.queue.pop_front();
    ++pool.busy;
    return;
  }
}

SimulatedPools::Function SimulatedPools::take(std::size_t index) noexcept {
  const Function taken = std::exchange(started_[index], started_.back());
  started_.pop_back();
  lag_.end(taken.generation);
  return taken;
}

void SimulatedPools::ended(const Function& function) noexcept {
  const auto pool = find(function.pool);
  --pool->busy;
  --functions_;
  forget_if_idle(pool);
}

void SimulatedPools::forget_if_idle(std::vector<Pool>::iterator pool) noexcept {
  if (pool->busy == 0 && pool->queue.empty()) pools_.erase(pool);
}

}  // namespace mtaio::testing
