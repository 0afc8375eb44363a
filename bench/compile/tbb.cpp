#include <tbb/parallel_for.h>

#include <atomic>
#include <vector>

int main() {
  const std::vector<int> numbers{1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  std::atomic<int> sum{0};
  tbb::parallel_for(std::size_t{0}, numbers.size(),
                    [&](std::size_t i) { sum += numbers[i] * numbers[i]; });
  return sum == 385 ? 0 : 1;
}
