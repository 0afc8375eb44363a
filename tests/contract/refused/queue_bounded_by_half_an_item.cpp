// expect: (deleted function|deleted constructor)
#include <mtaio/core.hpp>

mtaio::PriorityQueue<int> queue{2.5};
