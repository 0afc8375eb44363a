#include <mtaio/platform/thread_event.hpp>

#include <doctest/doctest.h>
#include <pthread.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <thread>

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using mtaio::internal::ThreadEvent;

TEST_CASE("event: a wait for an event that is set returns immediately with every deadline") {
  ThreadEvent event;
  event.set();
  CHECK(event.wait_until(Clock::time_point::max()));
  CHECK(event.wait_until(Clock::time_point::min()));
}

TEST_CASE("event: the wait ends at the deadline") {
  const ThreadEvent event;
  CHECK_FALSE(event.wait_until(Clock::now() - 1h));
  const auto deadline = Clock::now() + 2ms;
  while (Clock::now() < deadline) CHECK_FALSE(event.wait_until(deadline));
}

TEST_CASE("event: a thread that waits with a deadline is woken") {
  for (const auto deadline : {Clock::time_point::max(), Clock::now() + 1h}) {
    ThreadEvent event;
    std::thread waiting{[&] {
      while (!event.wait_until(deadline)) {
      }
    }};
    event.set();
    waiting.join();
  }
}

namespace {

std::atomic<int> signals{0};

}  // namespace

TEST_CASE("event: a signal handler that has run ends the wait") {
  struct sigaction counting{};
  counting.sa_handler = [](int) { signals.fetch_add(1); };
  counting.sa_flags = SA_RESTART;
  struct sigaction before{};
  REQUIRE(sigaction(SIGUSR1, &counting, &before) == 0);
  const ThreadEvent event;  // which nothing sets
  std::atomic<bool> ended{false};
  std::thread waiting{[&] {
    CHECK_FALSE(event.wait_until(Clock::time_point::max()));
    ended = true;
  }};
  while (!ended) {  // a signal may come before the wait
    pthread_kill(waiting.native_handle(), SIGUSR1);
    std::this_thread::yield();
  }
  waiting.join();
  CHECK(signals > 0);
  sigaction(SIGUSR1, &before, nullptr);
}
