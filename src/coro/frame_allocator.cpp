#include <mtaio/lowlevel/frame_allocator.hpp>

#include <array>
#include <cstdint>
#include <new>

#if defined(__SANITIZE_ADDRESS__)
#define MTAIO_CACHE_FRAMES 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MTAIO_CACHE_FRAMES 0
#endif
#endif
#ifndef MTAIO_CACHE_FRAMES
#define MTAIO_CACHE_FRAMES 1
#endif

namespace mtaio::lowlevel {

#if MTAIO_CACHE_FRAMES
namespace {

constexpr std::size_t kStep = 64;                // size classes are multiples of this,
constexpr std::size_t kClasses = 32;             // up to 2 KiB
constexpr std::size_t kCachedBytes = 256 << 10;  // in each free list at most

struct FreeFrame {
  FreeFrame* next;
};

struct FreeList {
  FreeFrame* first = nullptr;
  std::uint32_t room = 0;  // how many more frames it takes
};

/// The calling thread's free lists. Trivially destructible, so that a frame may be freed at any
/// moment of the thread's end; Reaper empties them.
struct Cache {
  std::array<FreeList, kClasses> lists{};
  enum class State : std::uint8_t { kUnused, kOpen, kClosed } state = State::kUnused;

  bool open() noexcept;
  void close() noexcept;
};

thread_local constinit Cache cache;

struct Reaper {
  Reaper() = default;
  Reaper(const Reaper&) = delete;
  Reaper& operator=(const Reaper&) = delete;
  ~Reaper() { cache.close(); }
  void touch() noexcept {}
};

thread_local Reaper reaper;

bool Cache::open() noexcept {
  if (state != State::kUnused) return state == State::kOpen;
  reaper.touch();  // registers its destructor with the thread
  state = State::kOpen;
  for (std::size_t i = 0; i < kClasses; ++i) {
    lists[i].room = static_cast<std::uint32_t>(kCachedBytes / ((i + 1) * kStep));
  }
  return true;
}

void Cache::close() noexcept {
  state = State::kClosed;
  for (FreeList& list : lists) {
    list.room = 0;
    while (FreeFrame* frame = list.first) {
      list.first = frame->next;
      ::operator delete(frame);
    }
  }
}

constexpr std::size_t size_class(std::size_t size) noexcept { return (size - 1) / kStep; }

}  // namespace

void* allocate_frame(std::size_t size) {
  const std::size_t index = size_class(size);
  if (index >= kClasses) return ::operator new(size);
  FreeList& list = cache.lists[index];
  if (FreeFrame* frame = list.first) [[likely]] {
    list.first = frame->next;
    ++list.room;
    return frame;
  }
  return ::operator new((index + 1) * kStep);
}

void deallocate_frame(void* frame, std::size_t size) noexcept {
  const std::size_t index = size_class(size);
  if (index < kClasses) {
    FreeList& list = cache.lists[index];
    if (list.room > 0 || (cache.open() && list.room > 0)) [[likely]] {
      --list.room;
      list.first = ::new (frame) FreeFrame{list.first};
      return;
    }
  }
  ::operator delete(frame);
}

#else

void* allocate_frame(std::size_t size) { return ::operator new(size); }
void deallocate_frame(void* frame, std::size_t) noexcept { ::operator delete(frame); }

#endif

}  // namespace mtaio::lowlevel
