#include <mtaio/lowlevel/awaiter.hpp>

#include <mtaio/exceptions.hpp>

namespace mtaio::lowlevel {

void throw_cancelled() { throw CancelledError{}; }

}  // namespace mtaio::lowlevel
