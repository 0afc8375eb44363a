#include <mtaio/generator.hpp>

#include <stdexcept>

namespace mtaio::internal {

void throw_no_generator() {
  throw std::logic_error{"Generator::next(): there is no coroutine; it was moved from."};
}

void throw_two_consumers() {
  throw std::logic_error{
      "Generator::next(): another task awaits the next value already; a generator has one "
      "consumer. Put the values into an AsyncQueue to share them."};
}

}  // namespace mtaio::internal
