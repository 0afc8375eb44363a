/// Atomic objects of more than 8 bytes, which cannot be modelled. The compiler calls the functions
/// of ThreadSanitizer, or those of libatomic.
#include "interleave/interpose/export.hpp"
#include "interleave/world.hpp"

#include <atomic>
#include <cstddef>
#include <cstring>

using namespace mtaio::testing::interleave;

namespace {

__extension__ using Word = unsigned __int128;

constinit std::atomic_flag taken{};

/// Outside of a check, one of them is used at a time.
class OneAtATime {
 public:
  explicit OneAtATime(Site site) noexcept {
    if (active())
      fail(FailureKind::kMisuse, "an atomic object of more than 8 bytes cannot be modelled", site);
    while (taken.test_and_set(std::memory_order_acquire)) __builtin_ia32_pause();
  }
  OneAtATime(const OneAtATime&) = delete;
  OneAtATime& operator=(const OneAtATime&) = delete;
  ~OneAtATime() { taken.clear(std::memory_order_release); }
};

template <class Change>
Word modify(volatile Word* place, Site site, Change change) noexcept {
  const OneAtATime scope{site};
  const Word old = *place;
  *place = change(old);
  return old;
}

bool compare_exchange(std::size_t size, void* place, void* expected, const void* desired,
                      Site site) noexcept {
  const OneAtATime scope{site};
  const bool equal = std::memcmp(place, expected, size) == 0;
  std::memcpy(equal ? place : expected, equal ? desired : place, size);
  return equal;
}

}  // namespace

MTAIO_EXPORT Word __tsan_atomic128_load(const volatile Word* place, int) {
  const OneAtATime scope{MTAIO_SITE};
  return *place;
}
MTAIO_EXPORT void __tsan_atomic128_store(volatile Word* place, Word value, int) {
  const OneAtATime scope{MTAIO_SITE};
  *place = value;
}
MTAIO_EXPORT Word __tsan_atomic128_compare_exchange_val(volatile Word* place, Word expected,
                                                        Word desired, int, int) {
  return modify(place, MTAIO_SITE, [&](Word old) { return old == expected ? desired : old; });
}

#define MTAIO_MODIFY(name, expression)                                                       \
  MTAIO_EXPORT Word __tsan_atomic128_##name(volatile Word* place, Word operand, int) {       \
    return modify(place, MTAIO_SITE, [&]([[maybe_unused]] Word old) { return expression; }); \
  }
MTAIO_MODIFY(exchange, operand)
MTAIO_MODIFY(fetch_add, old + operand)
MTAIO_MODIFY(fetch_sub, old - operand)
MTAIO_MODIFY(fetch_and, old& operand)
MTAIO_MODIFY(fetch_or, old | operand)
MTAIO_MODIFY(fetch_xor, old ^ operand)
MTAIO_MODIFY(fetch_nand, ~(old& operand))

// Those of libatomic have names that the compiler keeps for itself.
MTAIO_EXPORT Word load_16(const volatile Word* place, int) __asm__("__atomic_load_16");
MTAIO_EXPORT void store_16(volatile Word* place, Word value, int) __asm__("__atomic_store_16");
MTAIO_EXPORT Word exchange_16(volatile Word* place, Word value,
                              int) __asm__("__atomic_exchange_16");
MTAIO_EXPORT bool compare_exchange_16(void* place, void* expected, Word desired, int,
                                      int) __asm__("__atomic_compare_exchange_16");
MTAIO_EXPORT void load_any(std::size_t size, const void* place, void* value,
                           int) __asm__("__atomic_load");
MTAIO_EXPORT void store_any(std::size_t size, void* place, const void* value,
                            int) __asm__("__atomic_store");
MTAIO_EXPORT void exchange_any(std::size_t size, void* place, const void* value, void* old,
                               int) __asm__("__atomic_exchange");
MTAIO_EXPORT bool compare_exchange_any(std::size_t size, void* place, void* expected,
                                       const void* desired, int,
                                       int) __asm__("__atomic_compare_exchange");

MTAIO_EXPORT Word load_16(const volatile Word* place, int) {
  const OneAtATime scope{MTAIO_SITE};
  return *place;
}
MTAIO_EXPORT void store_16(volatile Word* place, Word value, int) {
  const OneAtATime scope{MTAIO_SITE};
  *place = value;
}
MTAIO_EXPORT Word exchange_16(volatile Word* place, Word value, int) {
  return modify(place, MTAIO_SITE, [&](Word) { return value; });
}
MTAIO_EXPORT bool compare_exchange_16(void* place, void* expected, Word desired, int, int) {
  return compare_exchange(sizeof desired, place, expected, &desired, MTAIO_SITE);
}
MTAIO_EXPORT void load_any(std::size_t size, const void* place, void* value, int) {
  const OneAtATime scope{MTAIO_SITE};
  std::memcpy(value, place, size);
}
MTAIO_EXPORT void store_any(std::size_t size, void* place, const void* value, int) {
  const OneAtATime scope{MTAIO_SITE};
  std::memcpy(place, value, size);
}
MTAIO_EXPORT void exchange_any(std::size_t size, void* place, const void* value, void* old, int) {
  const OneAtATime scope{MTAIO_SITE};
  std::memcpy(old, place, size);
  std::memcpy(place, value, size);
}
MTAIO_EXPORT bool compare_exchange_any(std::size_t size, void* place, void* expected,
                                       const void* desired, int, int) {
  return compare_exchange(size, place, expected, desired, MTAIO_SITE);
}
