// expect: (deleted function|deleted constructor)
#include <mtaio/core.hpp>

mtaio::Latch latch{'3'};
