// expect: Simulation\(seed 5\): the tasks have not come to an end.* asked to stop
#include <mtaio/core.hpp>
#include <mtaio/testing/simulation.hpp>

namespace {

/// Never has to wait, so it never hears that it is to stop.
mtaio::Task<void> put_and_get() {
  mtaio::AsyncQueue<int> queue;
  for (;;) {
    co_await queue.put(1);
    co_await queue.get();
  }
}

}  // namespace

int main() { mtaio::testing::Simulation{{.seed = 5, .max_steps = 1000}}.run(put_and_get()); }
