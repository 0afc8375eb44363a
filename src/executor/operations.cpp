#include <mtaio/executor/operations.hpp>

#include "base/while_stopping.hpp"

namespace mtaio::internal {
namespace {

// A function of its own, so that the throw has no local variable to destroy.
ExecutionError execution_error(const std::exception_ptr& error) {
  return ExecutionError{without_wrapping(error)};
}

}  // namespace

void throw_execution_error(lowlevel::StopScope* scope, const std::exception_ptr& error) {
  if (is_cancelled_in(scope, error)) std::rethrow_exception(error);
  throw execution_error(error);
}

}  // namespace mtaio::internal
