// expect: mtaio: SharedMutex destroyed while it is locked
#include <mtaio/core.hpp>

#include <memory>

int main() {
  auto mutex = std::make_unique<mtaio::SharedMutex>();
  const auto guard = mutex->try_lock_shared();
  mutex.reset();
}
