/// Every member of Latch.
#include <mtaio/core.hpp>

#include <chrono>
#include <iostream>

using namespace std::chrono_literals;

mtaio::Task<void> async_main() {
  mtaio::Latch latch{2};
  std::cout << "count " << latch.get_count() << '\n';

  co_await latch.count_down();
  std::cout << "count " << latch.get_count() << '\n';

  std::cout << std::boolalpha;
  const bool in_time = co_await latch.wait(1ms);
  std::cout << "wait(1ms) " << in_time << '\n';

  latch.count_down();  // takes effect without co_await, too
  const bool zero = co_await latch.wait();
  std::cout << "wait() " << zero << ", count " << latch.get_count() << '\n';
}

int main() { mtaio::run(async_main()); }
