// Compiled by g++ without optimisation, and first on the linker's command line.
#include <mtaio/core.hpp>

mtaio::Task<int> one_of_gcc(int value) { co_return value; }
