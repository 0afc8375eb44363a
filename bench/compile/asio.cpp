#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <vector>

boost::asio::awaitable<void> add_square(int number, std::atomic<int>& sum) {
  sum += number * number;
  co_return;
}

int main() {
  const std::vector<int> numbers{1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  std::atomic<int> sum{0};
  boost::asio::thread_pool pool{4};
  for (const int number : numbers) {
    boost::asio::co_spawn(pool, add_square(number, sum), boost::asio::detached);
  }
  pool.join();
  return sum == 385 ? 0 : 1;
}
