// Compiled by clang with optimisation: both compilers in one program.
#include <mtaio/core.hpp>

mtaio::Task<int> one_of_gcc(int value);

namespace {

mtaio::Task<int> digits(int a, int b, int c, int d, int e) {
  co_return co_await one_of_gcc(a) + 10 * b + 100 * c + 1000 * d + 10000 * e;
}

mtaio::Task<int> both() { co_return co_await digits(1, 2, 3, 4, 5); }

}  // namespace

int main() { return mtaio::run(both()) == 54321 ? 0 : 1; }
