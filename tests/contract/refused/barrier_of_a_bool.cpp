// expect: (deleted function|deleted constructor)
#include <mtaio/core.hpp>

mtaio::Barrier barrier{true};
