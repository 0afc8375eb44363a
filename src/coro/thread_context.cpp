#include <mtaio/coro/thread_context.hpp>

namespace mtaio::internal {

constinit thread_local ThreadContext thread_context;

[[gnu::noinline]] ThreadContext& this_thread() noexcept { return thread_context; }

}  // namespace mtaio::internal
