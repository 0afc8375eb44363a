/// A heap of entries that are contiguous in memory.
#pragma once

#include <bit>
#include <cstddef>
#include <new>

namespace mtaio::internal {

/// The first entry is the one that comes before all others. A parent has four children, which are
/// compared with one another and share a cache line or two. The memory grows by segments, each as
/// large as all earlier segments together, so growing moves nothing. Not synchronised.
template <class Entry, class Before>
class EntryHeap {
 public:
  EntryHeap() = default;
  EntryHeap(const EntryHeap&) = delete;
  EntryHeap& operator=(const EntryHeap&) = delete;
  ~EntryHeap() {
    for (const Entry* segment : segments_) delete[] segment;
  }

  [[nodiscard]] bool empty() const noexcept { return end_ == kRoot; }
  [[nodiscard]] std::size_t size() const noexcept { return end_ - kRoot; }
  /// REQUIRES: not empty.
  [[nodiscard]] const Entry& top() const noexcept { return segments_[0][kRoot]; }
  /// The entries, in no particular order.
  [[nodiscard]] const Entry& operator[](std::size_t i) const noexcept { return at(kRoot + i); }

  /// Returns false if there is no memory for the entry.
  [[nodiscard]] bool push(const Entry& entry) noexcept {
    if (!has_room_for(end_)) return false;
    rise(end_++, entry);
    return true;
  }

  /// REQUIRES: not empty.
  Entry pop() noexcept {
    const Entry first = top();
    const Entry last = at(--end_);
    // The hole moves down to a leaf, and `last` from there up to where it belongs. `last` rarely
    // moves, because it came from a leaf.
    std::size_t hole = kRoot;
    Entry* place = &at(hole);
    for (std::size_t child = first_child(hole); child < end_; child = first_child(hole)) {
      Entry* children = &at(child);
      prefetch(first_child(child));
      const std::size_t least =
          end_ - child >= kChildren ? least_of_all(children) : least_of(children, end_ - child);
      *place = children[least];
      place = &children[least];
      hole = child + least;
    }
    rise(hole, last);
    return first;
  }

 private:
  static constexpr std::size_t kChildren = 4;
  // With the root here, the children of a parent begin at a multiple of four, and are in one
  // segment.
  static constexpr std::size_t kRoot = kChildren - 1;
  // Segment 0 has the first 64 places, segment 1 the next 64, segment 2 the next 128, and so on.
  static constexpr std::size_t kFirstSegment = 64;

  static constexpr std::size_t first_child(std::size_t i) noexcept {
    return (i - kRoot + 1) * kChildren;
  }
  static constexpr std::size_t parent(std::size_t i) noexcept { return i / kChildren + kRoot - 1; }
  static constexpr std::size_t segment_of(std::size_t i) noexcept {
    return static_cast<std::size_t>(std::bit_width(i / kFirstSegment));
  }
  static constexpr std::size_t start_of(std::size_t segment) noexcept {
    return segment == 0 ? 0 : kFirstSegment << (segment - 1);
  }

  [[nodiscard]] Entry& at(std::size_t i) const noexcept {
    const std::size_t segment = segment_of(i);
    return segments_[segment][i - start_of(segment)];
  }

  std::size_t least_of_all(const Entry* children) const noexcept {
    const std::size_t a = before_(children[1], children[0]) ? 1 : 0;
    const std::size_t b = before_(children[3], children[2]) ? 3 : 2;
    return before_(children[b], children[a]) ? b : a;
  }
  std::size_t least_of(const Entry* children, std::size_t count) const noexcept {
    std::size_t least = 0;
    for (std::size_t i = 1; i < count; ++i) {
      if (before_(children[i], children[least])) least = i;
    }
    return least;
  }

  /// Prefetches the children of four siblings; the children of the first sibling begin at `i`. The
  /// next step of pop() compares the children of one of the four.
  void prefetch(std::size_t i) const noexcept {
    constexpr std::size_t kLine = 64;
    constexpr std::size_t kInCache = 1'024;  // the first N entries are used all the time
    if (i < kInCache || i + kChildren * kChildren > end_) return;
    const char* first = reinterpret_cast<const char*>(&at(i));
    for (std::size_t offset = 0; offset < kChildren * kChildren * sizeof(Entry); offset += kLine) {
      __builtin_prefetch(first + offset);
    }
  }

  /// Puts `entry` where it belongs, at `hole` or above it.
  void rise(std::size_t hole, const Entry& entry) noexcept {
    Entry* place = &at(hole);
    while (hole > kRoot) {
      hole = parent(hole);
      Entry* above = &at(hole);
      if (!before_(entry, *above)) break;
      *place = *above;
      place = above;
    }
    *place = entry;
  }

  [[nodiscard]] bool has_room_for(std::size_t i) noexcept {
    const std::size_t number = segment_of(i);
    Entry*& segment = segments_[number];
    if (!segment)
      segment = new (std::nothrow) Entry[number == 0 ? kFirstSegment : start_of(number)];
    return segment != nullptr;
  }

  Entry* segments_[48] = {};
  std::size_t end_ = kRoot;
  [[no_unique_address]] Before before_;
};

}  // namespace mtaio::internal
