// expect: the result of a task must not throw in its destructor
#include <mtaio/core.hpp>

struct ThrowsWhenItGoes {
  ThrowsWhenItGoes() = default;
  ThrowsWhenItGoes(ThrowsWhenItGoes&&) noexcept {}
  ~ThrowsWhenItGoes() noexcept(false) {}
};

mtaio::Task<ThrowsWhenItGoes> give() { co_return ThrowsWhenItGoes{}; }
