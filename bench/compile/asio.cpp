#include "compile/problem.hpp"

int main(int argc, char** argv) {
  return bench::measure_compilation(argc, argv, BENCH_COMPILE, BENCH_LINK, BENCH_PROGRAM);
}
