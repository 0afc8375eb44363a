#include <mtaio/core.hpp>

#include <dirent.h>
#include <doctest/doctest.h>
#include <signal.h>  // NOLINT(*-deprecated-headers): sigaction is in no other
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

using namespace std::chrono_literals;

namespace {

std::atomic<int> delivered{0};
extern "C" void count_signal(int) { delivered.fetch_add(1, std::memory_order_relaxed); }

/// Sends SIGUSR1 to every thread of the process, again and again, and has system calls interrupted.
class Interruptions {
 public:
  Interruptions() {
    struct sigaction action{};
    action.sa_handler = count_signal;  // without SA_RESTART
    ::sigaction(SIGUSR1, &action, &before_);
    thread_ = std::thread{[this] {
      while (!done_) {
        interrupt_all();
        std::this_thread::sleep_for(200us);
      }
    }};
  }
  Interruptions(const Interruptions&) = delete;
  Interruptions& operator=(const Interruptions&) = delete;
  ~Interruptions() {
    done_ = true;
    thread_.join();
    ::sigaction(SIGUSR1, &before_, nullptr);
  }

 private:
  static void interrupt_all() {
    DIR* threads = ::opendir("/proc/self/task");
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody else reads this one
    while (const dirent* entry = ::readdir(threads)) {
      const int id = std::atoi(entry->d_name);
      if (id > 0) ::syscall(SYS_tgkill, ::getpid(), id, SIGUSR1);
    }
    ::closedir(threads);
  }

  struct sigaction before_{};
  std::atomic<bool> done_{false};
  std::thread thread_;
};

mtaio::Task<int> wait_in_every_way() {
  mtaio::TaskExecutor executor;
  mtaio::AsyncQueue<int> queue{1};
  mtaio::Latch latch{1};
  const auto put_later = [](mtaio::AsyncQueue<int>& to, mtaio::Latch& then) -> mtaio::Task<void> {
    for (int i = 1; i <= 20; ++i) {
      co_await mtaio::sleep(1ms);
      co_await to.put(i);
    }
    then.count_down();
    to.shutdown();
  };
  auto putting = executor.create_task(put_later(queue, latch));
  int sum = 0;
  while (const auto item = co_await queue.next()) {
    const int doubled = co_await executor.run_in_thread([&item] {
      std::this_thread::sleep_for(1ms);
      return 2 * *item;
    });
    sum += doubled;
  }
  co_await latch.wait();
  co_await putting;
  co_return sum;
}

template <class F>
mtaio::Task<bool> call_after_sleep(const F& function, int argument) {
  co_await mtaio::sleep(1ms);
  std::this_thread::sleep_for(1ms);
  co_return function(argument);
}

std::array<sigset_t, 1> blocked_here() {
  std::array<sigset_t, 1> blocked{};
  ::pthread_sigmask(SIG_SETMASK, nullptr, blocked.data());
  return blocked;
}

}  // namespace

TEST_CASE(
    "signals: a signal that interrupts the threads of a runtime all the time changes nothing") {
  const Interruptions interruptions;
  const int before = delivered;
  const auto start = std::chrono::steady_clock::now();
  for (const std::size_t threads : {1U, 2U}) {
    CHECK(mtaio::run(wait_in_every_way(), {.threads = threads}) == 2 * 210);
  }
  CHECK(std::chrono::steady_clock::now() - start >= 2 * 20ms);
  CHECK(delivered > before);
}

TEST_CASE("signals: the library installs no handler and changes no mask, in no thread of its own") {
  std::array<struct sigaction, 64> before{};
  for (int number = 1; number < 64; ++number) {
    ::sigaction(number, nullptr, &before[static_cast<std::size_t>(number)]);
  }
  const auto blocked = blocked_here();
  const auto compare_in_thread = [](auto caller) -> mtaio::Task<bool> {
    mtaio::TaskExecutor executor;
    const auto same = [&caller](int) {
      const auto here = blocked_here();
      return std::memcmp(&here, &caller, sizeof here) == 0;
    };
    const std::vector<int> calls(8);
    const auto in_pool = co_await executor.map(same, calls);
    const auto on_worker = [&same](int call) { return call_after_sleep(same, call); };
    const auto on_workers = co_await executor.map(on_worker, calls);
    co_return in_pool == std::vector<bool>(8, true) && on_workers == in_pool;
  };
  CHECK(mtaio::run(compare_in_thread(blocked), {.threads = 2}));
  for (int number = 1; number < 64; ++number) {
    struct sigaction after{};
    ::sigaction(number, nullptr, &after);
    const bool same = after.sa_handler == before[static_cast<std::size_t>(number)].sa_handler;
    CHECK(same);
  }
}
