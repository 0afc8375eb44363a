// expect: no matching (constructor|function)
#include <mtaio/core.hpp>

mtaio::Limit limit{'8'};
