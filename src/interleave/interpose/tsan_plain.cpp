/// What the compiler calls before each access to plain memory.
#include "interleave/interpose/export.hpp"
#include "interleave/interpose/program_memory.hpp"
#include "interleave/world.hpp"

#include <cstddef>
#include <cstring>

namespace mtaio::testing::interleave {
namespace {

[[gnu::always_inline]] inline void read(const volatile void* place, std::size_t size,
                                        Site site) noexcept {
  if (is_modelled(place)) plain_read(address_of(place), size, site);
}

[[gnu::always_inline]] inline void write(const volatile void* place, std::size_t size,
                                         Site site) noexcept {
  if (!is_modelled(place)) return;
  before_write(place, size, site);
  plain_write(address_of(place), size, site);
}

}  // namespace
}  // namespace mtaio::testing::interleave

using namespace mtaio::testing::interleave;

#define MTAIO_ACCESSES(bytes)                                                           \
  MTAIO_EXPORT void __tsan_read##bytes(void* place) { read(place, bytes, MTAIO_SITE); } \
  MTAIO_EXPORT void __tsan_write##bytes(void* place) { write(place, bytes, MTAIO_SITE); }
#define MTAIO_ODD_ACCESSES(bytes)                                     \
  MTAIO_EXPORT void __tsan_unaligned_read##bytes(const void* place) { \
    read(place, bytes, MTAIO_SITE);                                   \
  }                                                                   \
  MTAIO_EXPORT void __tsan_unaligned_write##bytes(void* place) { write(place, bytes, MTAIO_SITE); }

MTAIO_ACCESSES(1)
MTAIO_ACCESSES(2)
MTAIO_ACCESSES(4)
MTAIO_ACCESSES(8)
MTAIO_ACCESSES(16)
MTAIO_ODD_ACCESSES(2)
MTAIO_ODD_ACCESSES(4)
MTAIO_ODD_ACCESSES(8)
MTAIO_ODD_ACCESSES(16)

MTAIO_EXPORT void __tsan_read_range(void* place, std::size_t size) {
  read(place, size, MTAIO_SITE);
}
MTAIO_EXPORT void __tsan_write_range(void* place, std::size_t size) {
  write(place, size, MTAIO_SITE);
}

MTAIO_EXPORT void __tsan_vptr_read(void** place) {
  read(static_cast<void*>(place), sizeof *place, MTAIO_SITE);
}
MTAIO_EXPORT void __tsan_vptr_update(void** place, void* table) {
  // A destructor writes the pointer again, mostly to the same table: that changes nothing.
  if (*place != table) write(static_cast<void*>(place), sizeof *place, MTAIO_SITE);
}

MTAIO_EXPORT void* __tsan_memcpy(void* to, const void* from, std::size_t size) {
  read(from, size, MTAIO_SITE);
  write(to, size, MTAIO_SITE);
  return std::memcpy(to, from, size);
}
MTAIO_EXPORT void* __tsan_memmove(void* to, const void* from, std::size_t size) {
  read(from, size, MTAIO_SITE);
  write(to, size, MTAIO_SITE);
  return std::memmove(to, from, size);
}
MTAIO_EXPORT void* __tsan_memset(void* place, int byte, std::size_t size) {
  write(place, size, MTAIO_SITE);
  return std::memset(place, byte, size);
}

// Called at the start of each instrumented object file. That the name exists tells the library's
// frame allocator that the end of each frame must be seen.
MTAIO_EXPORT void __tsan_init() {}
// Not called with -tsan-instrument-func-entry-exit=0.
MTAIO_EXPORT void __tsan_func_entry(void*) {}
MTAIO_EXPORT void __tsan_func_exit() {}
