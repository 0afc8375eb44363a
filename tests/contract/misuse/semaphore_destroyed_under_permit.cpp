// expect: mtaio: Semaphore destroyed while permits are in use
#include <mtaio/core.hpp>

#include <optional>

int main() {
  std::optional<mtaio::Semaphore> semaphore{std::in_place, 1};
  const auto permit = semaphore->try_acquire();
  semaphore.reset();
}
