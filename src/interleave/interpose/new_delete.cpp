/// operator new and operator delete.
#include "interleave/interpose/export.hpp"
#include "interleave/interpose/heap.hpp"

#include <cstddef>
#include <new>

using namespace mtaio::testing::interleave;

namespace {

constexpr auto kDefault = std::align_val_t{__STDCPP_DEFAULT_NEW_ALIGNMENT__};

void* allocate_or_throw(std::size_t size, std::align_val_t alignment, Site site) {
  if (void* block = allocate_block(size, static_cast<std::size_t>(alignment), site)) return block;
  throw std::bad_alloc{};
}

void* allocate_or_null(std::size_t size, std::align_val_t alignment, Site site) noexcept {
  return allocate_block(size, static_cast<std::size_t>(alignment), site);
}

}  // namespace

#define MTAIO_OPERATOR [[gnu::visibility("default"), gnu::noinline]] void

#define MTAIO_NEW(parameters, allocate, alignment)                                          \
  MTAIO_OPERATOR* operator new parameters { return allocate(size, alignment, MTAIO_SITE); } \
  MTAIO_OPERATOR* operator new[] parameters { return allocate(size, alignment, MTAIO_SITE); }

#define MTAIO_DELETE(parameters)                                                        \
  MTAIO_OPERATOR operator delete parameters noexcept { free_block(block, MTAIO_SITE); } \
  MTAIO_OPERATOR operator delete[] parameters noexcept { free_block(block, MTAIO_SITE); }

MTAIO_NEW((std::size_t size), allocate_or_throw, kDefault)
MTAIO_NEW((std::size_t size, std::align_val_t alignment), allocate_or_throw, alignment)
MTAIO_NEW((std::size_t size, const std::nothrow_t&) noexcept, allocate_or_null, kDefault)
MTAIO_NEW((std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept,
          allocate_or_null, alignment)

MTAIO_DELETE((void* block))
MTAIO_DELETE((void* block, std::size_t))
MTAIO_DELETE((void* block, std::align_val_t))
MTAIO_DELETE((void* block, std::size_t, std::align_val_t))
MTAIO_DELETE((void* block, const std::nothrow_t&))
MTAIO_DELETE((void* block, std::align_val_t, const std::nothrow_t&))
