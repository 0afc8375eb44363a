/// A thread pool of a fixed size.
#include <mtaio/core.hpp>

#include <chrono>
#include <cstddef>
#include <iostream>
#include <mutex>
#include <ranges>
#include <set>
#include <thread>

using namespace std::chrono_literals;

class ThreadsSeen {
 public:
  void note() {
    const std::scoped_lock guard{mutex_};
    threads_.insert(std::this_thread::get_id());
  }
  [[nodiscard]] std::size_t count() const { return threads_.size(); }

 private:
  std::mutex mutex_;
  std::set<std::thread::id> threads_;
};

mtaio::Task<void> async_main() {
  // Control resource usage
  mtaio::ThreadPool thread_pool{4};
  mtaio::TaskExecutor executor{thread_pool};

  ThreadsSeen seen;
  const auto blocking = [&seen](int) {
    std::this_thread::sleep_for(1ms);
    seen.note();
  };
  co_await executor.map(blocking, std::views::iota(0, 40));
  std::cout << "max_workers " << thread_pool.max_workers()
            << ", no more than 4 threads: " << (seen.count() <= 4 ? "yes" : "no") << '\n';
}

int main() { mtaio::run(async_main()); }
