#include <mtaio/coro/frame_allocator.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <thread>
#include <utility>
#include <vector>

namespace {

using mtaio::internal::allocate_frame;
using mtaio::internal::deallocate_frame;

TEST_CASE("frame allocator: memory of every size is aligned and belongs to one owner at a time") {
  std::vector<std::pair<unsigned char*, std::size_t>> frames;
  for (int round = 0; round < 3; ++round) {
    for (std::size_t size = 1; size <= 5000; size += 37) {
      auto* frame = static_cast<unsigned char*>(allocate_frame(size));
      CHECK(reinterpret_cast<std::uintptr_t>(frame) % alignof(std::max_align_t) == 0);
      std::memset(frame, static_cast<int>(size % 251), size);
      frames.emplace_back(frame, size);
    }
    bool intact = true;
    for (const auto& [frame, size] : frames) {
      intact = intact && frame[0] == size % 251 && frame[size - 1] == size % 251;
    }
    CHECK(intact);
    for (const auto& [frame, size] : frames) deallocate_frame(frame, size);
    frames.clear();
  }
}

TEST_CASE("frame allocator: memory of any size comes from a list of frames at least as large") {
  using mtaio::internal::FrameCache;
  std::size_t last = 0;
  for (std::size_t size = 1; FrameCache::index_of(size) < FrameCache::kSizes; ++size) {
    const std::size_t index = FrameCache::index_of(size);
    CHECK((index == last || index == last + 1));
    CHECK(FrameCache::size_of(index) >= size);
    CHECK((index == 0 || FrameCache::size_of(index - 1) < size));
    last = index;
  }
  CHECK(last == FrameCache::kSizes - 1);
  CHECK(FrameCache::index_of(0) >= FrameCache::kSizes);
}

TEST_CASE("frame allocator: one thread may free a frame that another has allocated") {
  constexpr int kFrames = 20'000;
  std::vector<void*> frames;
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < kFrames; ++i) frames.push_back(allocate_frame(200));
    std::thread{[&frames] {
      for (void* frame : frames) deallocate_frame(frame, 200);
    }}.join();
    frames.clear();
  }
}

TEST_CASE("frame allocator: threads give back their kept frames when they end") {
  // Seen by LeakSanitizer.
  for (int i = 0; i < 50; ++i) {
    std::thread{[] {
      for (std::size_t size = 16; size <= 2048; size += 16) {
        deallocate_frame(allocate_frame(size), size);
      }
    }}.join();
  }
}

}  // namespace
