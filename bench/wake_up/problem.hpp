/// The time from a post by a thread outside the runtime until an idle worker runs the job.
#pragma once

#include "support/benchmark.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <semaphore>
#include <thread>
#include <vector>

namespace bench {

/// Measures each wake-up, from the outside thread to the worker.
class WakeUps {
 public:
  /// On the outside thread, `samples` times: lets the worker fall asleep, calls `send` to wake it,
  /// and waits for `arrived()`.
  void run(std::size_t samples, const std::function<void()>& send) {
    latencies_.reserve(samples);
    for (std::size_t i = 0; i < samples; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
      sent_ = std::chrono::steady_clock::now();
      send();
      received_.acquire();
    }
  }

  /// On the worker.
  void arrived() {
    const std::chrono::duration<double, std::micro> latency =
        std::chrono::steady_clock::now() - sent_;
    latencies_.push_back(latency.count());
    received_.release();
  }

  int report(Benchmark& benchmark, std::size_t samples) {
    if (latencies_.size() != samples) return benchmark.report(false, samples);
    std::ranges::sort(latencies_);
    benchmark.note("p50_us", latencies_[samples / 2]);
    benchmark.note("p99_us", latencies_[samples * 99 / 100]);
    return benchmark.report(true, samples);
  }

 private:
  std::chrono::steady_clock::time_point sent_;
  std::binary_semaphore received_{0};
  /// In microseconds.
  std::vector<double> latencies_;
};

}  // namespace bench
