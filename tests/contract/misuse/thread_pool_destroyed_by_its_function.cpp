// expect: ThreadPool destroyed by a function that runs in it
#include <mtaio/core.hpp>

#include <memory>

namespace {

mtaio::Task<void> destroy_from_inside() {
  auto pool = std::make_unique<mtaio::ThreadPool>(2);
  mtaio::TaskExecutor executor{*pool};
  const auto reset = [&pool] { pool.reset(); };
  co_await executor.run_in_thread(reset);
}

}  // namespace

int main() { mtaio::run(destroy_from_inside()); }
