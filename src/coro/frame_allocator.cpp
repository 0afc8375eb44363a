#include <mtaio/coro/frame_allocator.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <new>

// Parts of the sanitizers that watch memory. Null unless one of them is in the process, whether
// this library is compiled with it or not.
// NOLINTBEGIN(bugprone-reserved-identifier, readability-identifier-naming)
extern "C" [[gnu::weak]] void __asan_init();
extern "C" [[gnu::weak]] void __tsan_init();
// NOLINTEND(bugprone-reserved-identifier, readability-identifier-naming)

namespace mtaio::internal {

constexpr FrameCache::Frame FrameCache::closed{.next = nullptr, .room = 0};
constinit thread_local FrameCache frame_cache;

namespace {

// Not new (std::nothrow): if the program replaces operator new, AddressSanitizer's would be a
// different allocator.
void* new_or_null(std::size_t size) noexcept {
  try {
    return ::operator new(size);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

/// Whether a sanitizer must see the end of each frame. If so, the lists stay closed, also for
/// inlined code.
bool watched() noexcept { return __asan_init != nullptr || __tsan_init != nullptr; }

using Frame = FrameCache::Frame;

constexpr std::size_t kCachedBytes = 256 << 10;  // in each free list at most, or in all small ones

constexpr auto kEnds = [] {  // of the lists of a thread
  std::array<Frame, FrameCache::kSizes> ends{};
  for (std::size_t i = 0; i < ends.size(); ++i) {
    const std::size_t sharing = i < FrameCache::kSmallSizes ? FrameCache::kSmallSizes : 1;
    ends[i].room = kCachedBytes / sharing / FrameCache::size_of(i);
  }
  return ends;
}();

enum class State : std::uint8_t { kUnused, kOpen, kClosed };
thread_local constinit State state = State::kUnused;

void close() noexcept {
  state = State::kClosed;
  for (const Frame*& list : frame_cache.lists) {
    while (void* frame = FrameCache::take(list)) ::operator delete(frame);
    list = &FrameCache::closed;
  }
}

struct Reaper {
  Reaper() = default;
  Reaper(const Reaper&) = delete;
  Reaper& operator=(const Reaper&) = delete;
  ~Reaper() { close(); }
  void touch() noexcept {}
};

thread_local Reaper reaper;

bool open() noexcept {
  if (state != State::kUnused || watched()) return false;
  reaper.touch();  // registers its destructor with the thread
  state = State::kOpen;
  std::ranges::transform(kEnds, frame_cache.lists.begin(), [](const Frame& end) { return &end; });
  return true;
}

}  // namespace

void* allocate_frame_out_of_line(std::size_t size) noexcept {
  const std::size_t index = FrameCache::index_of(size);
  if (index >= FrameCache::kSizes) return new_or_null(size);
  if (void* frame = FrameCache::take(frame_cache.lists[index])) return frame;
  return new_or_null(watched() ? size : FrameCache::size_of(index));  // so that it sees the end
}

void deallocate_frame_out_of_line(void* frame, std::size_t size) noexcept {
  const std::size_t index = FrameCache::index_of(size);
  if (index < FrameCache::kSizes) {
    const Frame*& list = frame_cache.lists[index];
    if (FrameCache::put(list, frame) || (open() && FrameCache::put(list, frame))) return;
  }
  ::operator delete(frame);
}

void throw_no_memory_for_frame() { throw std::bad_alloc{}; }

}  // namespace mtaio::internal
