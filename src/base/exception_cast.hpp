/// Looks at the type of an exception without throwing it: that takes nanoseconds, a throw
/// microseconds.
#pragma once

#include <exception>
#include <type_traits>
#include <typeinfo>

namespace mtaio::internal {

/// The object that `catch (const E&)` would catch; null if it would not catch the exception. Valid
/// as long as the exception is.
template <class E>
[[nodiscard]] const E* exception_cast(const std::exception_ptr& error) noexcept {
  static_assert(!std::is_pointer_v<E>, "pointers are caught by other rules");
  if (!error) return nullptr;
#if defined(__GLIBCXX__) && defined(__cpp_rtti)
  // libstdc++'s pointer is the address of the exception, and its catch clauses ask this function.
  static_assert(sizeof error == sizeof(void*) && std::is_standard_layout_v<std::exception_ptr>);
  void* object = *reinterpret_cast<void* const*>(&error);
  // Matters for pointers to pointers only, and E is not a pointer.
  constexpr unsigned kOutermost = 1;
  if (!typeid(E).__do_catch(error.__cxa_exception_type(), &object, kOutermost)) return nullptr;
  return static_cast<const E*>(object);
#else
  try {
    std::rethrow_exception(error);
  } catch (const E& caught) {
    return &caught;
  } catch (...) {
    return nullptr;
  }
#endif
}

}  // namespace mtaio::internal
