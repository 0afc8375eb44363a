#include "interleave/interpose/thread_locals.hpp"

#include "interleave/interpose/export.hpp"
#include "interleave/interpose/program_memory.hpp"
#include "interleave/interpose/real.hpp"

#include <cxxabi.h>
#include <link.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <deque>
#include <string_view>
#include <vector>

namespace mtaio::testing::interleave {

constinit AddressRange thread_local_memory{};

namespace {

/// The thread-local variables of the program, or of a shared library.
struct Block {
  // Where they begin, from the thread pointer.
  std::ptrdiff_t offset;
  std::size_t size;
  // What a new thread finds in the first of them; the others are zero.
  const std::byte* initial;
  std::size_t initial_size;
};

struct Layout {
  std::vector<Block> blocks;
  // Of the first block, though it may be one that is not swapped.
  std::ptrdiff_t first = 0;
  // Of all that are swapped.
  std::size_t size = 0;
};

Layout& layout() {
  static Layout found;
  return found;
}

struct Destructor {
  void (*function)(void*);
  void* object;
};

/// The thread-local variables of one thread, while another one runs.
struct Image {
  std::vector<std::byte> bytes;
  int error = 0;
  std::vector<Destructor> destructors;
};

Image& image_of(int thread) {
  // A deque: images stay where they are. The first one is that of kNoThread.
  static std::deque<Image> images;
  const auto index = static_cast<std::size_t>(thread - kNoThread);
  while (images.size() <= index) images.emplace_back().bytes.resize(layout().size);
  return images[index];
}

std::byte* thread_pointer() noexcept { return static_cast<std::byte*>(__builtin_thread_pointer()); }

int find_block_of(dl_phdr_info* object, std::size_t, void*) {
  const std::string_view name{object->dlpi_name ? object->dlpi_name : ""};
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = object->dlpi_phdr[i];
    if (segment.p_type != PT_TLS || !object->dlpi_tls_data) continue;
    const Block block{
        .offset = static_cast<const std::byte*>(object->dlpi_tls_data) - thread_pointer(),
        .size = segment.p_memsz,
        .initial = reinterpret_cast<const std::byte*>(object->dlpi_addr + segment.p_vaddr),
        .initial_size = segment.p_filesz};
    // A library that is loaded later has its variables elsewhere.
    if (block.offset >= 0) continue;
    layout().first = std::min(layout().first, block.offset);
    if (name.find("/libc.so") != std::string_view::npos) continue;
    layout().blocks.push_back(block);
    layout().size += block.size;
  }
  return 0;
}

}  // namespace

void find_thread_local_layout() noexcept { dl_iterate_phdr(&find_block_of, nullptr); }

void use_thread_local_memory() noexcept {
  thread_local_memory = {address_of(thread_pointer() + layout().first),
                         address_of(thread_pointer())};
}

void make_thread_locals(int thread) noexcept {
  Image& image = image_of(thread);
  image.error = 0;
  image.destructors.clear();
  auto place = image.bytes.begin();
  for (const Block& block : layout().blocks) {
    place = std::copy_n(block.initial, block.initial_size, place);
    place = std::fill_n(place, block.size - block.initial_size, std::byte{0});
  }
}

void switch_thread_locals(int from, int to) noexcept {
  Image& left = image_of(from);
  const Image& entered = image_of(to);
  auto out = left.bytes.begin();
  auto in = entered.bytes.begin();
  for (const Block& block : layout().blocks) {
    std::byte* const variables = thread_pointer() + block.offset;
    out = std::copy_n(variables, block.size, out);
    std::copy_n(in, block.size, variables);
    in += static_cast<std::ptrdiff_t>(block.size);
  }
  left.error = errno;
  errno = entered.error;
}

void add_destructor(int thread, void (*function)(void*), void* object) noexcept {
  const NotTheProgram scope;
  image_of(thread).destructors.push_back({function, object});
}

void destroy_thread_locals(int thread) noexcept {
  for (;;) {
    Destructor last{};
    {
      const NotTheProgram scope;
      std::vector<Destructor>& destructors = image_of(thread).destructors;
      if (destructors.empty()) return;
      last = destructors.back();
      destructors.pop_back();
    }
    last.function(last.object);
  }
}

}  // namespace mtaio::testing::interleave

using namespace mtaio::testing::interleave;

namespace __cxxabiv1 {

MTAIO_EXPORT int __cxa_thread_atexit(void (*function)(void*), void* object,
                                     void* library) noexcept {
  if (!active()) return MTAIO_REAL(__cxa_thread_atexit)(function, object, library);
  add_destructor(thread_self(), function, object);
  return 0;
}

}  // namespace __cxxabiv1
