// expect: (deleted function|deleted constructor)
#include <mtaio/core.hpp>

mtaio::Semaphore semaphore{'3'};
