#include <mtaio/lowlevel/asymmetric_fence.hpp>

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <mutex>

namespace mtaio::lowlevel {

constinit bool asymmetric_fence_available = false;

void asymmetric_fence_init() noexcept {
  static std::once_flag once;
  std::call_once(once, [] {
    const int saved = errno;
    asymmetric_fence_available =
        syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
    errno = saved;
  });
}

void asymmetric_fence_heavy() noexcept {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (!asymmetric_fence_available) return;
  const int saved = errno;
  syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
  errno = saved;
}

}  // namespace mtaio::lowlevel
