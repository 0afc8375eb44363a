#include <mtaio/coro/result.hpp>

#include <exception>
#include <stdexcept>

namespace mtaio::internal {

std::exception_ptr no_result_error() noexcept {
  try {
    throw std::logic_error{
        "Task: the coroutine ended without co_return, so there is no result. Every way through a "
        "coroutine that gives a result must co_return it or throw; add the missing co_return."};
  } catch (...) {  // std::bad_alloc if there is no memory
    return std::current_exception();
  }
}

}  // namespace mtaio::internal
