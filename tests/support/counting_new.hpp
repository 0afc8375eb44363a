/// Counts allocations, and lets them fail. To be included in one file of a test program: it
/// replaces the global operator new.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

#if defined(__has_feature)
#define MTAIO_TEST_UNDER(sanitizer) __has_feature(sanitizer)
#else
#define MTAIO_TEST_UNDER(sanitizer) 0  // g++ 12: it has a macro for each
#endif
#if defined(__SANITIZE_THREAD__) || MTAIO_TEST_UNDER(thread_sanitizer)
#define MTAIO_TEST_REPLACES_NEW 0
#else
#define MTAIO_TEST_REPLACES_NEW 1
#endif

namespace test {

/// False under ThreadSanitizer, whose own operator new cannot be replaced.
inline constexpr bool kCountsAllocations = MTAIO_TEST_REPLACES_NEW;
/// False under AddressSanitizer, which is to see each allocation: nothing is kept for the next one.
inline constexpr bool kKeepsMemory = !MTAIO_TEST_UNDER(address_sanitizer);

inline std::atomic<std::size_t> allocation_count{0};
inline std::atomic<std::size_t> deallocation_count{0};

/// Whether every allocation fails.
inline std::atomic<bool> allocations_fail{false};

/// How often memory has been allocated so far, by any thread.
inline std::size_t allocations() noexcept { return allocation_count; }
/// How many of those have not been given back.
inline std::size_t allocations_in_use() noexcept { return allocation_count - deallocation_count; }

}  // namespace test

#if MTAIO_TEST_REPLACES_NEW
// NOLINTBEGIN(misc-definitions-in-headers, *-no-malloc, misc-new-delete-overloads)
void* operator new(std::size_t size) {
  ++test::allocation_count;
  if (test::allocations_fail) throw std::bad_alloc{};
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc{};
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  ++test::allocation_count;
  if (test::allocations_fail) throw std::bad_alloc{};
  const auto align = static_cast<std::size_t>(alignment);
  if (void* memory = std::aligned_alloc(align, (size + align - 1) / align * align)) return memory;
  throw std::bad_alloc{};
}
// Not inlined: g++ would see free() meet memory from operator new, and warn.
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  if (memory) ++test::deallocation_count;
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept { ::operator delete(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { ::operator delete(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  ::operator delete(memory);
}
// NOLINTEND(misc-definitions-in-headers, *-no-malloc, misc-new-delete-overloads)
#endif
