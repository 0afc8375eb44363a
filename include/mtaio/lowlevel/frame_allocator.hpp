/// Memory for coroutine frames and queue nodes.
#pragma once

#include <cstddef>

namespace mtaio::lowlevel {

/// Memory for `size` bytes, aligned for any fundamental type, from a free list of the calling
/// thread. Throws `std::bad_alloc`. Under AddressSanitizer every call goes to the global allocator,
/// so that it sees each object.
[[nodiscard, gnu::visibility("default")]] void* allocate_frame(std::size_t size);

/// Gives back what `allocate_frame(size)` returned, on any thread. Free lists are bounded, so a
/// thread that frees what others allocate does not hoard it.
[[gnu::visibility("default")]] void deallocate_frame(void* frame, std::size_t size) noexcept;

}  // namespace mtaio::lowlevel
