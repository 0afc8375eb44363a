/// Where the kernel refuses membarrier(2), as old ones and some sandboxes do: fences that are
/// executed instead. In a program of its own, because a refusal cannot be taken back.
#include <mtaio/core.hpp>
#include <mtaio/platform/asymmetric_fence.hpp>

#include "support/outcomes.hpp"

#include <doctest/doctest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <numeric>
#include <ranges>
#include <system_error>
#include <vector>

using test::with_threads;

namespace {

/// Whether an emulator (qemu-user) answers prctl() in place of the kernel, and refuses everything
/// about seccomp: this kernel has seccomp filters, and yet the call that asks whether the thread
/// has one fails.
bool emulator_refuses_seccomp() {
  return ::prctl(PR_GET_SECCOMP) == -1 && errno == EINVAL &&
         std::filesystem::exists("/proc/sys/kernel/seccomp/actions_avail");
}

/// From now on, for all threads that this one starts.
void refuse_membarrier() {
  std::array<sock_filter, 4> program{{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_membarrier, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  }};
  const sock_fprog filter{.len = program.size(), .filter = program.data()};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) {
    throw std::system_error{errno, std::generic_category(), "refuse_membarrier"};
  }
}

mtaio::Task<std::size_t> fib(mtaio::TaskExecutor& executor, std::size_t n) {
  if (n < 2) co_return n;
  const auto [a, b] = co_await executor.gather(fib(executor, n - 1), fib(executor, n - 2));
  co_return a + b;
}

mtaio::Task<void> produce(mtaio::AsyncQueue<int>& queue, int count) {
  for (const int i : std::views::iota(0, count)) co_await queue.put(i);
}

mtaio::Task<long> consume(mtaio::AsyncQueue<int>& queue, int count) {
  long sum = 0;
  for ([[maybe_unused]] const int i : std::views::iota(0, count)) sum += co_await queue.get();
  co_return sum;
}

}  // namespace

TEST_CASE("no membarrier: gathers, maps and queues work on one and on several workers") {
  if (emulator_refuses_seccomp()) {
    // tests/CMakeLists.txt looks for the first words.
    MESSAGE("skipped: the emulator refuses seccomp filters, so membarrier cannot be refused here.");
    return;
  }
  refuse_membarrier();
  errno = ERANGE;
  mtaio::internal::asymmetric_fence_init();
  CHECK(errno == ERANGE);
  for (const std::size_t threads : {1U, 2U, 4U}) {
    CAPTURE(threads);
    with_threads(threads, []() -> mtaio::Task<void> {
      mtaio::TaskExecutor executor;
      CHECK_FALSE(mtaio::internal::fenced_by_others());

      CHECK(co_await fib(executor, 18) == 2584);

      const auto twice = [](int i) -> mtaio::Task<int> {
        co_await mtaio::sleep(std::chrono::nanoseconds{i % 3});
        co_return 2 * i;
      };
      const std::vector<int> all =
          co_await executor.map(twice, std::views::iota(0, 1000), {.limit = 10});
      CHECK(std::reduce(all.begin(), all.end()) == 999 * 1000);

      mtaio::AsyncQueue<int> queue{4};
      const auto [none, sum] = co_await executor.gather(produce(queue, 2000), consume(queue, 2000));
      CHECK(sum == 1999 * 1000);
    });
  }
}
