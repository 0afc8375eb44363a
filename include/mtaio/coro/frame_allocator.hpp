/// Memory for coroutine frames and queue nodes.
#pragma once

#include <mtaio/base/slow_path.hpp>

#include <array>
#include <cstddef>
#include <new>

namespace mtaio::internal {

/// The free lists of a thread, one for each size: multiples of `kStep`, and below `kStep`, for
/// queue nodes, multiples of `kSmallStep`.
///
/// The first frame of a list records how many more frames the list takes, so that taking a frame
/// changes a single word. For the same reason a list ends with a frame that is never handed out.
struct FrameCache {
  static constexpr std::size_t kStep = 64;
  static constexpr std::size_t kSmallStep = 16;
  static constexpr std::size_t kSmallSizes = kStep / kSmallStep;
  static constexpr std::size_t kSizes = kSmallSizes + 31;

  struct Frame {
    // Null in the last frame, which is never handed out.
    const Frame* next;
    // How many more frames the list takes while this one is the first.
    std::size_t room;
  };
  // A list that has no frames and takes none.
  [[gnu::visibility("default")]] static const Frame closed;

  constexpr FrameCache() noexcept { lists.fill(&closed); }

  /// The index of the list for frames of this size; there is no list if it is `kSizes` or more.
  static constexpr std::size_t index_of(std::size_t size) noexcept {
    if (size - 1 < kStep) return (size - 1) / kSmallStep;
    return (size - 1) / kStep - 1 + kSmallSizes;
  }
  /// The size of the frames in the list at `index`.
  static constexpr std::size_t size_of(std::size_t index) noexcept {
    if (index < kSmallSizes) return (index + 1) * kSmallStep;
    return (index - kSmallSizes + 2) * kStep;
  }

  /// Returns null if the list is empty.
  [[nodiscard]] static void* take(const Frame*& list) noexcept {
    const Frame* frame = list;
    if (!frame->next) [[unlikely]]
      return nullptr;
    list = frame->next;
    return const_cast<Frame*>(frame);
  }
  /// Returns false if the list is full.
  [[nodiscard]] static bool put(const Frame*& list, void* frame) noexcept {
    const std::size_t room = list->room;
    if (room == 0) [[unlikely]]
      return false;
    list = ::new (frame) Frame{list, room - 1};
    return true;
  }

  std::array<const Frame*, kSizes> lists{};
};

/// Trivially destructible, so that a frame may be freed at any time while the thread ends.
[[gnu::visibility("default")]] extern constinit thread_local FrameCache frame_cache;

// The same as allocate_frame() and deallocate_frame(), never inlined. Null if there is no memory.
[[nodiscard, gnu::visibility("default")]] void* allocate_frame_out_of_line(
    std::size_t size) noexcept;
[[gnu::visibility("default")]] void deallocate_frame_out_of_line(void* frame,
                                                                 std::size_t size) noexcept;
[[noreturn, gnu::visibility("default")]] void throw_no_memory_for_frame();

// GCC must not inline the two functions below: it keeps the address of a thread-local variable
// across the suspensions of the coroutine around it (docs/compilers.md). AddressSanitizer must see
// each object.
#if defined(__clang__)
inline constexpr bool kInlineFrames = !__has_feature(address_sanitizer);
#else
inline constexpr bool kInlineFrames = false;  // GCC 12 does not know __has_feature either
#endif

/// Memory for `size` bytes, aligned for any fundamental type, from a free list of the calling
/// thread. Throws `std::bad_alloc`. If AddressSanitizer or ThreadSanitizer is in the process, the
/// lists stay closed and every call goes to the global allocator.
[[nodiscard]] inline void* allocate_frame(std::size_t size) {
  const std::size_t index = FrameCache::index_of(size);
  if (kInlineFrames && index < FrameCache::kSizes) [[likely]] {
    if (void* frame = FrameCache::take(frame_cache.lists[index])) [[likely]]
      return frame;
  }
  void* frame = call_slow_path(
      [](std::size_t bytes) noexcept { return allocate_frame_out_of_line(bytes); }, size);
  if (!frame) [[unlikely]]
    throw_no_memory_for_frame();
  return frame;
}

/// Frees memory from `allocate_frame(size)`, on any thread. Free lists are bounded, so a thread
/// that frees the frames of other threads does not collect ever more.
inline void deallocate_frame(void* frame, std::size_t size) noexcept {
  const std::size_t index = FrameCache::index_of(size);
  if (kInlineFrames && index < FrameCache::kSizes) [[likely]] {
    if (FrameCache::put(frame_cache.lists[index], frame)) [[likely]]
      return;
  }
  call_slow_path(
      [](void* unused, std::size_t bytes) noexcept { deallocate_frame_out_of_line(unused, bytes); },
      frame, size);
}

}  // namespace mtaio::internal
