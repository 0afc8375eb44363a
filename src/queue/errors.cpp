#include <mtaio/queue/errors.hpp>

#include <mtaio/exceptions.hpp>

#include "base/text.hpp"

#include <stdexcept>

namespace mtaio::internal {
namespace {

// Made before it is thrown, so that no string has to be destroyed while the exception propagates:
// that would take as long as another throw.
QueueShutDown shut_down(const char* queue, const char* what) {
  return QueueShutDown{text({queue, what})};
}

}  // namespace

void throw_put_after_shutdown(const char* queue) {
  throw shut_down(queue, "::put: the queue was shut down; it takes no more items.");
}

void throw_get_after_shutdown(const char* queue) {
  throw shut_down(queue,
                  "::get: the queue was shut down and is empty; use next() to end a loop "
                  "without an exception.");
}

void throw_task_done_too_often(const char* queue) {
  throw std::logic_error{text({queue,
                               "::task_done: called more often than items were put; call it once "
                               "for each item that get() returned."})};
}

}  // namespace mtaio::internal
