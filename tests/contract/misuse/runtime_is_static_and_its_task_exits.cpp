// expect: Runtime destroyed while its run\(\) is under way.*std::quick_exit
#include <mtaio/core.hpp>

#include <cstdlib>

namespace {

mtaio::Task<void> leave() {
  std::exit(0);  // NOLINT(concurrency-mt-unsafe): it is what this is about
  co_return;
}

}  // namespace

int main() {
  static mtaio::Runtime runtime{{.threads = 2}};
  runtime.run(leave());
}
