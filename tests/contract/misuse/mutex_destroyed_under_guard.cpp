// expect: mtaio: Mutex destroyed while it is locked
#include <mtaio/core.hpp>

#include <memory>

int main() {
  auto mutex = std::make_unique<mtaio::Mutex>();
  const auto guard = mutex->try_lock();
  mutex.reset();
}
