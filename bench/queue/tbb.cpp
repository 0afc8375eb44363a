#include "queue/problem.hpp"

#include <tbb/concurrent_queue.h>

#include <atomic>
#include <thread>
#include <vector>

namespace {

/// With threads: the queue blocks, and tasks of oneTBB must not.
std::size_t transfer(const bench::Traffic& traffic) {
  tbb::concurrent_bounded_queue<std::size_t> queue;
  if (traffic.capacity > 0) queue.set_capacity(static_cast<std::ptrdiff_t>(traffic.capacity));
  std::atomic<std::size_t> sum{0};
  std::vector<std::jthread> consumers;
  for (std::size_t i = 0; i < traffic.consumers; ++i) {
    consumers.emplace_back([&] {
      std::size_t own_sum = 0;
      std::size_t item = 0;
      for (queue.pop(item); item != bench::kEnd; queue.pop(item)) own_sum += item;
      sum += own_sum;
    });
  }
  std::vector<std::jthread> producers;
  for (std::size_t i = 0; i < traffic.producers; ++i) {
    producers.emplace_back([&, first = i * traffic.share()] {
      for (std::size_t item = first; item < first + traffic.share(); ++item) queue.push(item);
    });
  }
  producers.clear();  // joined
  for (std::size_t i = 0; i < traffic.consumers; ++i) queue.push(bench::kEnd);
  consumers.clear();
  return sum;
}

}  // namespace

int main(int argc, char** argv) {
  // As many threads as tasks: the queue blocks them.
  return bench::measure_transfer(
      argc, argv, [](const bench::Traffic& traffic, std::size_t) { return transfer(traffic); });
}
