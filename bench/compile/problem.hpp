/// Compiling a user's program: ten squares, computed concurrently.
///
/// The program of a library is bench/compile/programs/<library>.cpp, as a user would write it. The
/// benchmark runs the compiler on it, as bench/CMakeLists.txt says, and links and runs the result
/// to see that it is right.
#pragma once

#include "support/benchmark.hpp"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>

namespace bench {

/// The processor time of all programs that this one has run, in milliseconds.
inline double children_cpu_ms() {
  rusage usage{};
  getrusage(RUSAGE_CHILDREN, &usage);
  const auto ms = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_usec) / 1e3;
  };
  return ms(usage.ru_utime) + ms(usage.ru_stime);
}

/// Runs a command; returns whether it succeeded.
inline bool succeeds(const char* command) {
  const int status =
      std::system(command);  // NOLINT(*-env33-c, *-mt-unsafe): that is what it is for
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/// `compile`, `link` and `program` are commands; `program` is the path of the result, too.
inline int measure_compilation(int argc, char** argv, const char* compile, const char* link,
                               const char* program) {
  Benchmark benchmark{argc, argv, {{"programs", 1}}};
  bool right = true;
  double cpu = 0;
  benchmark.timed([&] {
    const double before = children_cpu_ms();
    for (std::size_t i = 0; i < benchmark["programs"]; ++i) right = right && succeeds(compile);
    cpu = children_cpu_ms() - before;
  });
  right = right && succeeds(link) && succeeds(program);
  struct stat file{};
  if (right && stat(program, &file) == 0) {
    benchmark.note("stripped_kib", static_cast<double>(file.st_size) / 1024);
  }
  benchmark.note("cpu_ms", cpu);
  return benchmark.report(right, benchmark["programs"]);
}

}  // namespace bench
