// expect: Runtime destroyed while its run\(\) is under way
#include <mtaio/core.hpp>

#include <memory>

namespace {

mtaio::Task<void> destroy(std::unique_ptr<mtaio::Runtime>& runtime) {
  runtime.reset();
  co_return;
}

}  // namespace

int main() {
  auto runtime = std::make_unique<mtaio::Runtime>(mtaio::RuntimeOptions{.threads = 2});
  auto& running = *runtime;
  running.run(destroy(runtime));
}
