#include "interleave/interpose/heap.hpp"

#include "interleave/interpose/export.hpp"
#include "interleave/interpose/thread_locals.hpp"

#include <link.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string_view>

// The C library's own names of its functions, for programs that replace malloc.
extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
void __libc_free(void*);
}

namespace mtaio::testing::interleave {
namespace {

constexpr std::size_t kDefaultAlignment = alignof(std::max_align_t);

/// The code of the program, and of the C++ library, which allocates exceptions for it. What other
/// libraries allocate may live on when the execution ends, such as buffers of the C library.
constinit std::array<AddressRange, 2> program_code{};

int find_code_in(dl_phdr_info* object, std::size_t, void* found) {
  auto& objects = *static_cast<int*>(found);
  const bool is_program = objects++ == 0;
  const std::string_view name{object->dlpi_name ? object->dlpi_name : ""};
  constexpr auto kNowhere = std::string_view::npos;
  if (!is_program && name.find("libstdc++") == kNowhere && name.find("libc++abi") == kNowhere) {
    return 0;
  }
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = object->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_X) == 0) continue;
    const Address first = object->dlpi_addr + segment.p_vaddr;
    program_code[is_program ? 0 : 1] = {first, first + segment.p_memsz};
  }
  return 0;
}

/// Whether the program calls, from `site`.
bool is_program(Site site) noexcept {
  if (!active()) return false;
  const auto address = reinterpret_cast<Address>(site);
  return program_code[0].contains(address) || program_code[1].contains(address);
}

}  // namespace

void find_program_code() noexcept {
  int objects = 0;
  dl_iterate_phdr(&find_code_in, &objects);
}

void* allocate_block(std::size_t size, std::size_t alignment, Site site) noexcept {
  if (is_program(site)) return allocate(size, alignment, site);
  return alignment <= kDefaultAlignment ? __libc_malloc(size) : __libc_memalign(alignment, size);
}

void free_block(void* block, Site site) noexcept {
  if (!in_heap(block)) {
    // What was there before the execution is there again after it.
    if (!is_program(site)) __libc_free(block);
  } else if (active()) {
    deallocate(block, site);
  }
  // Otherwise the block goes with its execution.
}

}  // namespace mtaio::testing::interleave

using namespace mtaio::testing::interleave;

MTAIO_EXPORT void* malloc(std::size_t size) {
  return allocate_block(size, kDefaultAlignment, MTAIO_SITE);
}

MTAIO_EXPORT void free(void* block) { free_block(block, MTAIO_SITE); }

MTAIO_EXPORT void* calloc(std::size_t count, std::size_t size) {
  if (!is_program(MTAIO_SITE)) return __libc_calloc(count, size);
  std::size_t bytes = 0;
  void* block = __builtin_mul_overflow(count, size, &bytes)
                    ? nullptr
                    : allocate(bytes, kDefaultAlignment, MTAIO_SITE);
  return block ? std::memset(block, 0, bytes) : nullptr;
}

MTAIO_EXPORT void* realloc(void* block, std::size_t size) {
  const bool grows = block != nullptr;
  const bool is_modelled = grows ? in_heap(block) : is_program(MTAIO_SITE);
  if (!is_modelled) return __libc_realloc(block, size);
  void* moved = allocate(size, kDefaultAlignment, MTAIO_SITE);
  // What lies behind a smaller old block is junk, but may be read.
  if (moved && grows) std::memcpy(moved, block, size);
  if (grows) deallocate(block, MTAIO_SITE);
  return moved;
}

MTAIO_EXPORT void* aligned_alloc(std::size_t alignment, std::size_t size) {
  return allocate_block(size, alignment, MTAIO_SITE);
}

MTAIO_EXPORT void* memalign(std::size_t alignment, std::size_t size) {
  return allocate_block(size, alignment, MTAIO_SITE);
}

MTAIO_EXPORT int posix_memalign(void** block, std::size_t alignment, std::size_t size) {
  *block = allocate_block(size, alignment, MTAIO_SITE);
  return *block ? 0 : ENOMEM;
}
