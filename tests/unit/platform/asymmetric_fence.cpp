/// The fence whose cost is paid by one of its two sides.
#include <mtaio/platform/asymmetric_fence.hpp>

#include <doctest/doctest.h>
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace {

TEST_CASE("asymmetric fence: the rare side executes it for both if the kernel can") {
  const long commands = syscall(SYS_membarrier, MEMBARRIER_CMD_QUERY, 0, 0);
  const bool can = commands > 0 && (commands & MEMBARRIER_CMD_PRIVATE_EXPEDITED) != 0;
  errno = ERANGE;
  mtaio::internal::asymmetric_fence_init();
  CHECK(mtaio::internal::fenced_by_others() == can);
  mtaio::internal::asymmetric_fence_heavy();
  CHECK(errno == ERANGE);
}

}  // namespace
