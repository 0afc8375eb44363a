#include <mtaio/testing/simulation.hpp>

#include "testing/simulated_scheduler.hpp"

#include <stdexcept>

namespace mtaio::testing {

Simulation::Simulation(SimulationOptions options)
    : scheduler_{std::make_unique<SimulatedScheduler>(options)} {}

Simulation::~Simulation() = default;

void Simulation::check_may_run() const { scheduler_->check_may_run(); }

void Simulation::run_to_end(std::coroutine_handle<> main, internal::PromiseBase& promise) {
  scheduler_->run(main, promise);
}

void Simulation::restart(std::uint64_t seed) { scheduler_->restart(seed); }

std::size_t Simulation::choose(std::size_t count) {
  if (count == 0) throw std::invalid_argument{"Simulation::choose(0): there is nothing to choose."};
  return scheduler_->choices().among(count);
}

std::chrono::nanoseconds Simulation::elapsed() const noexcept { return scheduler_->elapsed(); }

std::optional<std::uint64_t> Simulation::seed() const noexcept {
  return scheduler_->choices().seed();
}

std::uint64_t Simulation::steps() const noexcept { return scheduler_->steps(); }

std::uint64_t Simulation::trace() const noexcept { return scheduler_->choices().trace(); }

bool Simulation::timers_armed() const noexcept { return scheduler_->timers_armed(); }

}  // namespace mtaio::testing
