/// What the tables and the functions of every type of ours have in common.
#pragma once

#include <mtaio/python/reference.hpp>

#include <array>
#include <cstddef>

namespace mtaio::python {

/// A function as a line of a table of methods has it, whatever its calling convention.
template <class Function>
[[nodiscard]] PyCFunction as_method(Function* function) noexcept {
  return reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(function));
}

/// A function as a slot of a type.
template <class Function>
[[nodiscard]] PyType_Slot slot(int id, Function* function) noexcept {
  return {id, reinterpret_cast<void*>(function)};
}

/// The last thing in the life of an object that owns nothing any more.
inline void free_object(PyObject* object) noexcept {
  PyTypeObject* of = Py_TYPE(object);
  of->tp_free(object);
  Py_DECREF(of);
}

// Not under AddressSanitizer, which is to see each object.
#if defined(__clang__)
inline constexpr bool kKeepsObjects = !__has_feature(address_sanitizer);
#else
inline constexpr bool kKeepsObjects = true;
#endif

/// Objects that are gone, up to so many, to be used again. Guarded by the GIL.
template <class T, std::size_t kMost>
class FreeList {
 public:
  /// One whose fields have yet to be set; null with an exception set.
  [[nodiscard]] T* make(PyTypeObject* type) noexcept {
    if (count_ == 0) return PyObject_GC_New(T, type);
    T* made = kept_[--count_];
    _Py_NewReference(reinterpret_cast<PyObject*>(made));
    return made;
  }
  /// Instead of free_object().
  void keep_or_free(T* gone) noexcept {
    if (kKeepsObjects && count_ < kMost) {
      kept_[count_++] = gone;
    } else {
      free_object(reinterpret_cast<PyObject*>(gone));
    }
  }

 private:
  std::array<T*, kMost> kept_{};
  std::size_t count_ = 0;
};

}  // namespace mtaio::python
