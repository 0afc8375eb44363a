// expect: mtaio: explore: the test failed with seed (\d+); MTAIO_SEED=\1 runs it alone\.
#include <mtaio/core.hpp>
#include <mtaio/testing/explore.hpp>

#include <stdexcept>

namespace {

mtaio::Task<void> add(int& number) {
  const int before = number;
  co_await mtaio::sleep(std::chrono::seconds{0});
  number = before + 1;
}

/// Wrong unless one of the tasks ends before the other one begins.
mtaio::Task<int> add_twice() {
  int number = 0;
  mtaio::TaskExecutor executor;
  auto one = executor.create_task(add(number));
  auto two = executor.create_task(add(number));
  co_await one;
  co_await two;
  co_return number;
}

}  // namespace

int main() {
  mtaio::testing::explore([](mtaio::testing::Simulation& simulation) {
    if (simulation.run(add_twice()) != 2) throw std::runtime_error{"one was lost"};
  });
}
