// expect: mtaio: Simulation\(seed 3\) destroyed during its run
#include <mtaio/core.hpp>
#include <mtaio/testing/simulation.hpp>

#include <memory>

namespace {

mtaio::Task<void> destroy(std::unique_ptr<mtaio::testing::Simulation>& simulation) {
  simulation.reset();
  co_return;
}

}  // namespace

int main() {
  auto simulation =
      std::make_unique<mtaio::testing::Simulation>(mtaio::testing::SimulationOptions{.seed = 3});
  simulation->run(destroy(simulation));
}
