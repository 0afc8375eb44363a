/// Memory for coroutine frames and queue nodes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <new>

namespace mtaio::lowlevel {

/// The free lists of a thread: one for each size, which are the multiples of `kStep`.
struct FrameCache {
  static constexpr std::size_t kStep = 64;
  static constexpr std::size_t kSizes = 32;

  struct Frame {
    Frame* next;
  };
  struct List {
    Frame* first = nullptr;
    std::uint32_t room = 0;  // how many more it takes
  };

  /// Which list is for frames of this size; none if it is `kSizes` or more.
  static constexpr std::size_t index_of(std::size_t size) noexcept { return (size - 1) / kStep; }

  std::array<List, kSizes> lists{};
};

/// Trivially destructible, so that a frame may be freed at any moment of the thread's end.
[[gnu::visibility("default")]] extern constinit thread_local FrameCache frame_cache;

// The functions below with their slow halves; never inlined.
[[nodiscard, gnu::visibility("default")]] void* allocate_frame_out_of_line(std::size_t size);
[[gnu::visibility("default")]] void deallocate_frame_out_of_line(void* frame,
                                                                 std::size_t size) noexcept;

// Not inlined by GCC, which keeps the address of a thread's variable across the suspensions of the
// coroutine around it (docs/compilers.md); nor under AddressSanitizer, which is to see each object.
#if defined(__clang__)
inline constexpr bool kInlineFrames = !__has_feature(address_sanitizer);
#else
inline constexpr bool kInlineFrames = false;  // GCC 12 does not know __has_feature either
#endif

/// Memory for `size` bytes, aligned for any fundamental type, from a free list of the calling
/// thread. Throws `std::bad_alloc`. Where the library is compiled with AddressSanitizer every call
/// goes to the global allocator.
[[nodiscard]] inline void* allocate_frame(std::size_t size) {
  const std::size_t index = FrameCache::index_of(size);
  if (kInlineFrames && index < FrameCache::kSizes) [[likely]] {
    FrameCache::List& list = frame_cache.lists[index];
    if (FrameCache::Frame* frame = list.first) [[likely]] {
      list.first = frame->next;
      ++list.room;
      return frame;
    }
  }
  return allocate_frame_out_of_line(size);
}

/// Gives back what `allocate_frame(size)` returned, on any thread. Free lists are bounded, so a
/// thread that frees what others allocate does not hoard it.
inline void deallocate_frame(void* frame, std::size_t size) noexcept {
  const std::size_t index = FrameCache::index_of(size);
  if (kInlineFrames && index < FrameCache::kSizes) [[likely]] {
    FrameCache::List& list = frame_cache.lists[index];
    if (list.room > 0) [[likely]] {
      --list.room;
      list.first = ::new (frame) FrameCache::Frame{list.first};
      return;
    }
  }
  deallocate_frame_out_of_line(frame, size);
}

}  // namespace mtaio::lowlevel
