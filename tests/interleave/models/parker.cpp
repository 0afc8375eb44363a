/// The parker of an idle worker: an unpark() ends the park() that is under way, or the next one.
#include <mtaio/lowlevel/parker.hpp>

#include "interleave/models/model.hpp"

namespace {

using namespace models;
using mtaio::lowlevel::FutexParker;
using mtaio::lowlevel::TimePoint;

void one_park_for_one_unpark() {
  FutexParker parker;
  int data = 0;
  in_threads(
      [&] {
        data = 1;
        parker.unpark();
      },
      [&] {
        parker.park(TimePoint::max());
        require(data == 1, "unpark/park");
      });
}

/// Two threads bring work. The worker parks whenever it sees none.
void work_from_two_threads() {
  FutexParker parker;
  std::atomic<int> work{0};
  const auto bring = [&] {
    work.fetch_add(1, std::memory_order_relaxed);
    parker.unpark();
  };
  in_threads(bring, bring, [&] {
    while (work.load(std::memory_order_relaxed) < 2) parker.park(TimePoint::max());
  });
}

/// Three times in a row the same thread brings work and waits until it is done.
void work_after_work() {
  FutexParker parker;
  std::atomic<int> work{0};
  std::atomic<int> done{0};
  in_threads(
      [&] {
        for (int i = 1; i <= 2; ++i) {
          work.store(i, std::memory_order_relaxed);
          parker.unpark();
          while (done.load(std::memory_order_relaxed) < i) std::this_thread::yield();
        }
      },
      [&] {
        for (int i = 1; i <= 2; ++i) {
          while (work.load(std::memory_order_relaxed) < i) parker.park(TimePoint::max());
          done.store(i, std::memory_order_relaxed);
        }
      });
}

void a_park_with_a_deadline() {
  FutexParker parker;
  std::atomic<int> work{0};
  in_threads(
      [&] {
        work.store(1, std::memory_order_relaxed);
        parker.unpark();
      },
      [&] {
        parker.park(TimePoint::clock::now() + std::chrono::milliseconds{1});
        while (work.load(std::memory_order_relaxed) == 0) parker.park(TimePoint::max());
      });
}

TEST_CASE("model: FutexParker") {
  check_model("one park for one unpark", &one_park_for_one_unpark, all(50'000));
  check_model("work from two threads", &work_from_two_threads, all(50'000));
  check_model("work after work", &work_after_work, all(50'000));
  Options any_time = all(50'000);
  any_time.timeouts = Timeouts::kAnyTime;
  check_model("a park with a deadline", &a_park_with_a_deadline, any_time);
}

}  // namespace
