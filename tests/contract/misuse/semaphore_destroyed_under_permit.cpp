// expect: mtaio: Semaphore destroyed while permits are in use
#include <mtaio/core.hpp>

#include <memory>

int main() {
  auto semaphore = std::make_unique<mtaio::Semaphore>(1);
  const auto permit = semaphore->try_acquire();
  semaphore.reset();
}
