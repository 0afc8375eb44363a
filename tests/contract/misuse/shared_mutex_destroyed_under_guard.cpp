// expect: mtaio: SharedMutex destroyed while it is locked
#include <mtaio/core.hpp>

#include <optional>

int main() {
  std::optional<mtaio::SharedMutex> mutex{std::in_place};
  const auto guard = mutex->try_lock_shared();
  mutex.reset();
}
