// expect: (deleted function|deleted member)
#include <mtaio/core.hpp>

auto acquire_half(mtaio::Semaphore& semaphore) { return semaphore.acquire(0.5); }
