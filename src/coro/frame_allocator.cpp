#include <mtaio/lowlevel/frame_allocator.hpp>

#if defined(__SANITIZE_ADDRESS__)
#define MTAIO_KEEP_FRAMES 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MTAIO_KEEP_FRAMES 0
#endif
#endif
#ifndef MTAIO_KEEP_FRAMES
#define MTAIO_KEEP_FRAMES 1
#endif

namespace mtaio::lowlevel {

constinit thread_local FrameCache frame_cache;

#if MTAIO_KEEP_FRAMES
namespace {

constexpr std::size_t kCachedBytes = 256 << 10;  // in each free list at most

enum class State : std::uint8_t { kUnused, kOpen, kClosed };
thread_local constinit State state = State::kUnused;

void close() noexcept {
  state = State::kClosed;
  for (FrameCache::List& list : frame_cache.lists) {
    list.room = 0;
    while (FrameCache::Frame* frame = list.first) {
      list.first = frame->next;
      ::operator delete(frame);
    }
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
  if (state != State::kUnused) return state == State::kOpen;
  reaper.touch();  // registers its destructor with the thread
  state = State::kOpen;
  std::size_t size = 0;
  for (FrameCache::List& list : frame_cache.lists) {
    size += FrameCache::kStep;
    list.room = static_cast<std::uint32_t>(kCachedBytes / size);
  }
  return true;
}

}  // namespace

void* allocate_frame_out_of_line(std::size_t size) {
  const std::size_t index = FrameCache::index_of(size);
  if (index >= FrameCache::kSizes) return ::operator new(size);
  FrameCache::List& list = frame_cache.lists[index];
  if (FrameCache::Frame* frame = list.first) {
    list.first = frame->next;
    ++list.room;
    return frame;
  }
  return ::operator new((index + 1) * FrameCache::kStep);
}

void deallocate_frame_out_of_line(void* frame, std::size_t size) noexcept {
  const std::size_t index = FrameCache::index_of(size);
  if (index < FrameCache::kSizes) {
    FrameCache::List& list = frame_cache.lists[index];
    if (list.room > 0 || (open() && list.room > 0)) {
      --list.room;
      list.first = ::new (frame) FrameCache::Frame{list.first};
      return;
    }
  }
  ::operator delete(frame);
}

#else

void* allocate_frame_out_of_line(std::size_t size) { return ::operator new(size); }
void deallocate_frame_out_of_line(void* frame, std::size_t) noexcept { ::operator delete(frame); }

#endif

}  // namespace mtaio::lowlevel
