/// What the compiler calls for each operation on atomic memory.
#include "interleave/interpose/export.hpp"
#include "interleave/interpose/program_memory.hpp"
#include "interleave/world.hpp"

#include <atomic>
#include <cstdint>

namespace mtaio::testing::interleave {
namespace {

// The compiler passes its own numbers for memory orders, which are those of std::memory_order.
std::memory_order order_of(int order) noexcept { return static_cast<std::memory_order>(order); }
static_assert(static_cast<int>(std::memory_order::relaxed) == __ATOMIC_RELAXED);
static_assert(static_cast<int>(std::memory_order::seq_cst) == __ATOMIC_SEQ_CST);

// Code that is not modelled gets the strongest order, whatever it asked for.

template <class T>
[[gnu::always_inline]] inline T load(const volatile T* place, int order, Site site) noexcept {
  if (!is_modelled(place)) return __atomic_load_n(place, __ATOMIC_SEQ_CST);
  return static_cast<T>(atomic_load(address_of(place), sizeof(T), order_of(order), site));
}

template <class T>
[[gnu::always_inline]] inline void store(volatile T* place, T value, int order,
                                         Site site) noexcept {
  if (!is_modelled(place)) {
    __atomic_store_n(place, value, __ATOMIC_SEQ_CST);
    return;
  }
  before_write(place, sizeof(T), site);
  atomic_store(address_of(place), sizeof(T), value, order_of(order), site);
}

template <class T, class Native>
[[gnu::always_inline]] inline T modify(volatile T* place, T operand, int order, Site site,
                                       Combine combine, Native native) noexcept {
  if (!is_modelled(place)) return native(place, operand);
  before_write(place, sizeof(T), site);
  return static_cast<T>(
      atomic_rmw(address_of(place), sizeof(T), combine, operand, order_of(order), site));
}

template <class T>
[[gnu::always_inline]] inline T compare_exchange(volatile T* place, T expected, T desired,
                                                 int success, int failure, Site site) noexcept {
  if (!is_modelled(place)) {
    __atomic_compare_exchange_n(place, &expected, desired, false, __ATOMIC_SEQ_CST,
                                __ATOMIC_SEQ_CST);
    return expected;
  }
  before_write(place, sizeof(T), site);
  std::uint64_t read = expected;
  // The compiler does not say whether the exchange may fail spuriously.
  (void)atomic_cas(address_of(place), sizeof(T), read, desired, order_of(success),
                   order_of(failure), false, site);
  return static_cast<T>(read);
}

std::uint64_t second(std::uint64_t, std::uint64_t operand) noexcept { return operand; }
std::uint64_t sum(std::uint64_t old, std::uint64_t operand) noexcept { return old + operand; }
std::uint64_t difference(std::uint64_t old, std::uint64_t operand) noexcept {
  return old - operand;
}
std::uint64_t conjunction(std::uint64_t old, std::uint64_t operand) noexcept {
  return old & operand;
}
std::uint64_t disjunction(std::uint64_t old, std::uint64_t operand) noexcept {
  return old | operand;
}
std::uint64_t exclusive(std::uint64_t old, std::uint64_t operand) noexcept { return old ^ operand; }
std::uint64_t negated(std::uint64_t old, std::uint64_t operand) noexcept {
  return ~(old & operand);
}

}  // namespace
}  // namespace mtaio::testing::interleave

using namespace mtaio::testing::interleave;

#define MTAIO_MODIFY(bits, name, native, combine)                                          \
  MTAIO_EXPORT std::uint##bits##_t __tsan_atomic##bits##_##name(                           \
      volatile std::uint##bits##_t* place, std::uint##bits##_t operand, int order) {       \
    return modify(place, operand, order, MTAIO_SITE, &(combine),                           \
                  [](auto* p, auto value) { return native(p, value, __ATOMIC_SEQ_CST); }); \
  }

#define MTAIO_ATOMIC(bits)                                                              \
  MTAIO_EXPORT std::uint##bits##_t __tsan_atomic##bits##_load(                          \
      const volatile std::uint##bits##_t* place, int order) {                           \
    return load(place, order, MTAIO_SITE);                                              \
  }                                                                                     \
  MTAIO_EXPORT void __tsan_atomic##bits##_store(volatile std::uint##bits##_t* place,    \
                                                std::uint##bits##_t value, int order) { \
    store(place, value, order, MTAIO_SITE);                                             \
  }                                                                                     \
  MTAIO_EXPORT std::uint##bits##_t __tsan_atomic##bits##_compare_exchange_val(          \
      volatile std::uint##bits##_t* place, std::uint##bits##_t expected,                \
      std::uint##bits##_t desired, int success, int failure) {                          \
    return compare_exchange(place, expected, desired, success, failure, MTAIO_SITE);    \
  }                                                                                     \
  MTAIO_MODIFY(bits, exchange, __atomic_exchange_n, second)                             \
  MTAIO_MODIFY(bits, fetch_add, __atomic_fetch_add, sum)                                \
  MTAIO_MODIFY(bits, fetch_sub, __atomic_fetch_sub, difference)                         \
  MTAIO_MODIFY(bits, fetch_and, __atomic_fetch_and, conjunction)                        \
  MTAIO_MODIFY(bits, fetch_or, __atomic_fetch_or, disjunction)                          \
  MTAIO_MODIFY(bits, fetch_xor, __atomic_fetch_xor, exclusive)                          \
  MTAIO_MODIFY(bits, fetch_nand, __atomic_fetch_nand, negated)

MTAIO_ATOMIC(8)
MTAIO_ATOMIC(16)
MTAIO_ATOMIC(32)
MTAIO_ATOMIC(64)

MTAIO_EXPORT void __tsan_atomic_thread_fence(int order) {
  if (active()) {
    atomic_fence(order_of(order), MTAIO_SITE);
  } else {
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
  }
}

// It orders only what the compiler does, which has been done by now.
MTAIO_EXPORT void __tsan_atomic_signal_fence(int) {}
