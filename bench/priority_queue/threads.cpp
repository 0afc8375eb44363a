#include "priority_queue/problem.hpp"
#include "support/benchmark.hpp"

#include <condition_variable>
#include <mutex>
#include <queue>
#include <thread>
#include <vector>

namespace {

struct Behind {
  bool operator()(const bench::Item& a, const bench::Item& b) const {
    return a.priority > b.priority;
  }
};

class Queue {
 public:
  void put(const bench::Item& item) {
    {
      const std::scoped_lock guard{mutex_};
      items_.push(item);
    }
    filled_.notify_one();
  }
  bench::Item get() {
    std::unique_lock guard{mutex_};
    filled_.wait(guard, [this] { return !items_.empty(); });
    const bench::Item item = items_.top();
    items_.pop();
    return item;
  }
  [[nodiscard]] bool empty() const { return items_.empty(); }

 private:
  std::mutex mutex_;
  std::condition_variable filled_;
  std::priority_queue<bench::Item, std::vector<bench::Item>, Behind> items_;
};

void move_back(Queue& queue, std::size_t seed, std::size_t rounds) {
  bench::Steps steps{seed};
  for (std::size_t i = 0; i < rounds; ++i) {
    bench::Item item = queue.get();
    item.priority += steps.next();
    queue.put(item);
  }
}

}  // namespace

int main(int argc, char** argv) {
  bench::Benchmark benchmark{argc, argv, {{"depth", 100'000}, {"rounds", 1'000'000}, {"tasks", 4}}};
  const std::size_t tasks = benchmark["tasks"];
  Queue queue;
  bench::Steps steps{0};
  for (std::size_t i = 0; i < benchmark["depth"]; ++i) queue.put({steps.next(), i});
  benchmark.timed([&] {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < tasks; ++i) {
      threads.emplace_back([&, i] { move_back(queue, i + 1, benchmark["rounds"] / tasks); });
    }
  });
  bench::Remains remains;
  while (!queue.empty()) remains.add(queue.get());
  return benchmark.report(remains.right(benchmark["depth"]), benchmark["rounds"]);
}
