// expect: mtaio: Latch destroyed while tasks wait.*\nmtaio: in Simulation\(seed 9\)
#include <mtaio/core.hpp>
#include <mtaio/testing/simulation.hpp>

#include <chrono>
#include <memory>

namespace {

using namespace std::chrono_literals;

mtaio::Task<void> wait(mtaio::Latch& latch) { co_await latch.wait(); }

mtaio::Task<void> destroy_too_early() {
  mtaio::TaskExecutor executor;
  auto latch = std::make_unique<mtaio::Latch>(1);
  auto waiting = executor.create_task(wait(*latch));
  co_await mtaio::sleep(1s);
  latch.reset();
}

}  // namespace

int main() { mtaio::testing::Simulation{{.seed = 9}}.run(destroy_too_early()); }
