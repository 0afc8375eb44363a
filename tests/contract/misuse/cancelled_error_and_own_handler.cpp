// expect: mtaio: a CancelledError left main\(\), [^\n]*\nthe program's own handler
#include <mtaio/core.hpp>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stop_token>

namespace {

mtaio::Task<void> wait() { co_await mtaio::sleep(std::chrono::hours{1}); }

}  // namespace

int main() {
  std::set_terminate([] {
    std::fputs("the program's own handler\n", stderr);
    std::abort();
  });
  std::stop_source interrupted;
  interrupted.request_stop();
  mtaio::Runtime first{{.threads = 1}};
  const mtaio::Runtime second{{.threads = 1}};  // the line comes once all the same
  try {
    first.run(mtaio::with_stop_token(interrupted.get_token(), wait()));
  } catch (const std::exception&) {
    return 1;
  }
}
