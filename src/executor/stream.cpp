#include <mtaio/stream.hpp>

#include "base/text.hpp"

#include <stdexcept>

namespace mtaio::internal {

void throw_no_stream(const char* member) {
  throw std::logic_error{text({"Stream::", member, "(): the stream was moved from."})};
}

}  // namespace mtaio::internal
