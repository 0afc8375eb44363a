// expect: the result of a task must not throw in its destructor
#include <mtaio/core.hpp>

struct ThrowsWhenItGoes {
  ThrowsWhenItGoes() = default;
  ThrowsWhenItGoes(ThrowsWhenItGoes&&) noexcept {}
  ~ThrowsWhenItGoes() noexcept(false) {}
};

ThrowsWhenItGoes make() { return {}; }

mtaio::Task<void> give(mtaio::TaskExecutor& executor) {
  auto made = co_await executor.run_in_thread(make);
}
