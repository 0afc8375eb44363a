#include <mtaio/platform/asymmetric_fence.hpp>

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace mtaio::internal {

constinit std::atomic<bool> asymmetric_fence_available{false};

void asymmetric_fence_init() noexcept {
  // A thread that still sees `false` uses the ordinary fence. That pairs with the heavy side, too,
  // which always executes an ordinary fence as well.
  static const bool registered = [] {
    const int saved = errno;
    const bool ok = syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
    errno = saved;
    return ok;
  }();
  if (registered) asymmetric_fence_available.store(true, std::memory_order_relaxed);
}

void asymmetric_fence_heavy() noexcept {
  // seq_cst: light/heavy.
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (!asymmetric_fence_available.load(std::memory_order_relaxed)) return;
  const int saved = errno;
  syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
  errno = saved;
}

}  // namespace mtaio::internal
