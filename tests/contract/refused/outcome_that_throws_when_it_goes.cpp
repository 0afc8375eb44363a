// expect: the value of an Outcome must not throw in its destructor
#include <mtaio/core.hpp>

struct ThrowsWhenItGoes {
  ThrowsWhenItGoes() = default;
  ThrowsWhenItGoes(ThrowsWhenItGoes&&) noexcept {}
  ~ThrowsWhenItGoes() noexcept(false) {}
};

mtaio::Outcome<ThrowsWhenItGoes> outcome{std::in_place};
