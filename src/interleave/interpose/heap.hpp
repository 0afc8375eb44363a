/// Where memory comes from that the program allocates.
#pragma once

#include "interleave/world.hpp"

#include <cstddef>

namespace mtaio::testing::interleave {

/// Finds the code of the program and of the C++ library. Before the first check.
void find_program_code() noexcept;

/// From the heap of the execution if the program calls, or else from the C library. Null if there
/// is no memory.
void* allocate_block(std::size_t size, std::size_t alignment, Site site) noexcept;
/// Frees what `allocate_block()` returned.
void free_block(void* block, Site site) noexcept;

}  // namespace mtaio::testing::interleave
