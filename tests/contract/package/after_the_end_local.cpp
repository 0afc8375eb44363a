#include "after_the_end.hpp"

mtaio::Task<const int*> address_of_local() {
  volatile int local = 1;
  co_await mtaio::sleep(std::chrono::seconds{0});
  co_return const_cast<const int*>(&local);
}
