#include "queue/problem.hpp"
#include "support/plain_queue.hpp"

#include <atomic>
#include <thread>
#include <vector>

namespace {

std::size_t transfer(const bench::Traffic& traffic) {
  bench::PlainQueue<std::size_t> queue{traffic.capacity};
  std::atomic<std::size_t> sum{0};
  std::vector<std::jthread> consumers;
  for (std::size_t i = 0; i < traffic.consumers; ++i) {
    consumers.emplace_back([&] {
      std::size_t own_sum = 0;
      while (const auto item = queue.get()) own_sum += *item;
      sum += own_sum;
    });
  }
  std::vector<std::jthread> producers;
  for (std::size_t i = 0; i < traffic.producers; ++i) {
    producers.emplace_back([&, first = i * traffic.share()] {
      for (std::size_t item = first; item < first + traffic.share(); ++item) queue.put(item);
    });
  }
  producers.clear();  // joins them
  queue.close();
  consumers.clear();
  return sum;
}

}  // namespace

int main(int argc, char** argv) {
  // A thread for each producer and consumer, because the queue blocks.
  return bench::measure_transfer(
      argc, argv, [](const bench::Traffic& traffic, std::size_t) { return transfer(traffic); });
}
