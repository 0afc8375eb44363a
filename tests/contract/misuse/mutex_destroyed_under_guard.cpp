// expect: mtaio: Mutex destroyed while it is locked
#include <mtaio/core.hpp>

#include <optional>

int main() {
  std::optional<mtaio::Mutex> mutex{std::in_place};
  const auto guard = mutex->try_lock();
  mutex.reset();
}
