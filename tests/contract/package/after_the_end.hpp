#pragma once

#include <mtaio/core.hpp>

/// Gives the address of a variable of its own, which is gone when that arrives.
mtaio::Task<const int*> address_of_local();
