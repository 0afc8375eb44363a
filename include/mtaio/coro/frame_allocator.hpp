/// Memory for coroutine frames and queue nodes.
#pragma once

#include <mtaio/base/compiler.hpp>

#include <array>
#include <cstddef>
#include <new>

namespace mtaio::internal {

/// The free lists of a thread: one for each size, which are the multiples of `kStep`, and below it,
/// where queue nodes are, those of `kSmallStep`.
///
/// How many more frames a list takes is written in its first one, so that taking one changes a
/// single word. For the same reason a list ends with a frame that is never handed out.
struct FrameCache {
  static constexpr std::size_t kStep = 64;
  static constexpr std::size_t kSmallStep = 16;
  static constexpr std::size_t kSmallSizes = kStep / kSmallStep;
  static constexpr std::size_t kSizes = kSmallSizes + 31;

  struct Frame {
    const Frame* next;  // null: the end of a list
    std::size_t room;   // how many more the list takes while this one is the first
  };
  [[gnu::visibility("default")]] static const Frame closed;  // the end of a list that takes none

  constexpr FrameCache() noexcept { lists.fill(&closed); }

  /// Which list is for frames of this size; none if it is `kSizes` or more.
  static constexpr std::size_t index_of(std::size_t size) noexcept {
    if (size - 1 < kStep) return (size - 1) / kSmallStep;
    return (size - 1) / kStep - 1 + kSmallSizes;
  }
  /// How large the frames of a list are.
  static constexpr std::size_t size_of(std::size_t index) noexcept {
    if (index < kSmallSizes) return (index + 1) * kSmallStep;
    return (index - kSmallSizes + 2) * kStep;
  }

  /// Null if the list is empty.
  [[nodiscard]] static void* take(const Frame*& list) noexcept {
    const Frame* frame = list;
    if (!frame->next) [[unlikely]]
      return nullptr;
    list = frame->next;
    return const_cast<Frame*>(frame);
  }
  /// False if the list is full.
  [[nodiscard]] static bool put(const Frame*& list, void* frame) noexcept {
    const std::size_t room = list->room;
    if (room == 0) [[unlikely]]
      return false;
    list = ::new (frame) Frame{list, room - 1};
    return true;
  }

  std::array<const Frame*, kSizes> lists{};
};

/// Trivially destructible, so that a frame may be freed at any moment of the thread's end.
[[gnu::visibility("default")]] extern constinit thread_local FrameCache frame_cache;

// The functions below with their slow halves; never inlined. Null if there is no memory.
[[nodiscard, gnu::visibility("default")]] void* allocate_frame_out_of_line(
    std::size_t size) noexcept;
[[gnu::visibility("default")]] void deallocate_frame_out_of_line(void* frame,
                                                                 std::size_t size) noexcept;
[[noreturn, gnu::cold, gnu::visibility("default")]] void throw_no_memory_for_frame();

// Not inlined by GCC, which keeps the address of a thread's variable across the suspensions of the
// coroutine around it (docs/compilers.md); nor under AddressSanitizer, which is to see each object.
#if defined(__clang__)
inline constexpr bool kInlineFrames = !__has_feature(address_sanitizer);
#else
inline constexpr bool kInlineFrames = false;  // GCC 12 does not know __has_feature either
#endif

MTAIO_SLOW_HALF void* allocate_frame_slowly(std::size_t size) noexcept {
  return allocate_frame_out_of_line(size);
}
MTAIO_SLOW_HALF void deallocate_frame_slowly(void* frame, std::size_t size) noexcept {
  deallocate_frame_out_of_line(frame, size);
}

/// Memory for `size` bytes, aligned for any fundamental type, from a free list of the calling
/// thread. Throws `std::bad_alloc`. Where AddressSanitizer or ThreadSanitizer is in the process the
/// lists stay closed, and every call goes to the global allocator.
[[nodiscard]] inline void* allocate_frame(std::size_t size) {
  const std::size_t index = FrameCache::index_of(size);
  if (kInlineFrames && index < FrameCache::kSizes) [[likely]] {
    if (void* frame = FrameCache::take(frame_cache.lists[index])) [[likely]]
      return frame;
  }
  void* frame = allocate_frame_slowly(size);
  if (!frame) [[unlikely]]
    throw_no_memory_for_frame();
  return frame;
}

/// Gives back what `allocate_frame(size)` returned, on any thread. Free lists are bounded, so a
/// thread that frees what others allocate does not hoard it.
inline void deallocate_frame(void* frame, std::size_t size) noexcept {
  const std::size_t index = FrameCache::index_of(size);
  if (kInlineFrames && index < FrameCache::kSizes) [[likely]] {
    if (FrameCache::put(frame_cache.lists[index], frame)) [[likely]]
      return;
  }
  deallocate_frame_slowly(frame, size);
}

}  // namespace mtaio::internal
