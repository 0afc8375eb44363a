/// Compiles a user's program: ten squares, computed concurrently.
///
/// The program of a library is bench/compile/<library>.cpp, as a user would write it. This runs the
/// compiler on it, as bench/CMakeLists.txt says, and links and runs the result to see that it is
/// right.
#include "support/benchmark.hpp"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cstddef>
#include <cstdlib>

namespace {

/// Runs a command; returns whether it succeeded.
bool succeeds(const char* command) {
  const int status = std::system(command);  // NOLINT(*-env33-c, *-mt-unsafe): it runs a compiler
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

int main(int argc, char** argv) {
  bench::Benchmark benchmark{argc, argv, {{"programs", 1}}};
  bool right = true;
  const double before = bench::cpu_ms(RUSAGE_CHILDREN);
  benchmark.timed([&] {
    for (std::size_t i = 0; i < benchmark["programs"]; ++i) {
      right = right && succeeds(BENCH_COMPILE);
    }
  });
  benchmark.note("cpu_ms", bench::cpu_ms(RUSAGE_CHILDREN) - before);
  right = right && succeeds(BENCH_LINK) && succeeds(BENCH_PROGRAM);
  struct stat program{};
  right = right && stat(BENCH_PROGRAM, &program) == 0;
  benchmark.note("stripped_kib", static_cast<double>(program.st_size) / 1024);
  return benchmark.report(right, benchmark["programs"]);
}
