// expect: mtaio needs a 64-bit platform
// flags: -m32
#include <mtaio/base/compiler.hpp>
