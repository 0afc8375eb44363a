// expect: the items of a queue must not throw in their destructor
#include <mtaio/core.hpp>

struct ThrowsWhenItGoes {
  ThrowsWhenItGoes() = default;
  ThrowsWhenItGoes(ThrowsWhenItGoes&&) noexcept {}
  ~ThrowsWhenItGoes() noexcept(false) {}
};

mtaio::AsyncQueue<ThrowsWhenItGoes> queue;
