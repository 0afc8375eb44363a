// expect: (deleted function|deleted constructor)
#include <mtaio/core.hpp>

mtaio::ThreadPool pool{true};
