/// Looks at an exception without throwing it: a throw takes microseconds, a look nanoseconds.
#pragma once

#include <cstring>
#include <exception>
#include <typeinfo>

namespace mtaio::lowlevel {

/// What `catch (const E&)` would catch, or null. It lives as long as the exception does.
template <class E>
[[nodiscard]] const E* exception_cast(const std::exception_ptr& error) noexcept {
  if (!error) return nullptr;
#if defined(__GLIBCXX__) && defined(__cpp_rtti)
  // libstdc++'s pointer is the address of the exception, and its catch clauses ask this function.
  static_assert(sizeof error == sizeof(void*));
  void* object = nullptr;
  std::memcpy(&object, &error, sizeof object);
  constexpr unsigned kNoPointer = 1;  // E is no type of pointers, whose rules are others
  if (!typeid(E).__do_catch(error.__cxa_exception_type(), &object, kNoPointer)) return nullptr;
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

}  // namespace mtaio::lowlevel
