/// A node of a queue with its item.
#pragma once

#include <mtaio/coro/frame_allocator.hpp>

#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

namespace mtaio::internal {

/// Allocated from the same free lists as coroutine frames, unless the item needs a larger
/// alignment.
template <class T, class Storage>
struct ItemNode : Storage::Node {
  explicit ItemNode(T&& moved) noexcept(std::is_nothrow_move_constructible_v<T>)
      : item(std::move(moved)) {}

  static void* operator new(std::size_t size) {
    if constexpr (alignof(ItemNode) > __STDCPP_DEFAULT_NEW_ALIGNMENT__) {
      return ::operator new(size, std::align_val_t{alignof(ItemNode)});
    } else {
      return allocate_frame(size);
    }
  }
  static void operator delete(void* node, std::size_t size) noexcept {
    if constexpr (alignof(ItemNode) > __STDCPP_DEFAULT_NEW_ALIGNMENT__) {
      ::operator delete(node, std::align_val_t{alignof(ItemNode)});
    } else {
      deallocate_frame(node, size);
    }
  }

  T item;
};

}  // namespace mtaio::internal
