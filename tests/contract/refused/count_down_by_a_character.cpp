// expect: deleted (member )?function
#include <mtaio/core.hpp>

void open(mtaio::Latch& latch) { latch.count_down('3'); }
