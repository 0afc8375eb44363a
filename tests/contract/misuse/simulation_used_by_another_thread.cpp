// expect: mtaio: Simulation\(seed 7\): used by another thread
#include <mtaio/core.hpp>
#include <mtaio/testing/simulation.hpp>

#include <chrono>
#include <thread>

namespace {

mtaio::Task<void> put_in_a_thread(mtaio::AsyncQueue<int>& queue) {
  co_await mtaio::sleep(std::chrono::seconds{1});
  std::thread{[&queue] {
    int item = 1;
    queue.try_put(item);
  }}.join();
}

mtaio::Task<void> get() {
  mtaio::AsyncQueue<int> queue;
  mtaio::TaskExecutor executor;
  auto putting = executor.create_task(put_in_a_thread(queue));
  co_await queue.get();
  co_await putting;
}

}  // namespace

int main() { mtaio::testing::Simulation{{.seed = 7}}.run(get()); }
