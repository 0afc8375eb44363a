#include <mtaio/platform/blocking_handler.hpp>

#include <utility>

namespace mtaio::internal {
namespace {

constinit thread_local BlockingHandler* handler_of_this_thread = nullptr;

}  // namespace

BlockingHandler* set_blocking_handler(BlockingHandler* handler) noexcept {
  return std::exchange(handler_of_this_thread, handler);
}

void block_until(const ThreadEvent& event) noexcept {
  if (handler_of_this_thread) {
    handler_of_this_thread->block(event);
  } else if (!event.is_set_soon()) {
    event.wait();
  }
}

}  // namespace mtaio::internal
