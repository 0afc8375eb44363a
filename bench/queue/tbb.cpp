#include "queue/problem.hpp"

#include <tbb/concurrent_queue.h>

#include <atomic>
#include <thread>
#include <vector>

namespace {

/// Uses threads, because the queue blocks, and a task of oneTBB must not block.
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
  producers.clear();  // joins them
  for (std::size_t i = 0; i < traffic.consumers; ++i) queue.push(bench::kEnd);
  consumers.clear();
  return sum;
}

}  // namespace

int main(int argc, char** argv) {
  // A thread for each producer and consumer, because the queue blocks.
  return bench::measure_transfer(
      argc, argv, [](const bench::Traffic& traffic, std::size_t) { return transfer(traffic); });
}
