#include <atomic>
#include <thread>
#include <vector>

int main() {
  const std::vector<int> numbers{1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  std::atomic<int> sum{0};
  std::vector<std::thread> threads;
  for (const int number : numbers) {
    threads.emplace_back([number, &sum] { sum += number * number; });
  }
  for (std::thread& thread : threads) thread.join();
  return sum == 385 ? 0 : 1;
}
