/// What the tables and the functions of all types of the library have in common.
#pragma once

#include <mtaio/python/reference.hpp>

#include <cstddef>

namespace mtaio::python {

/// A function of any calling convention, as a line of a table of methods has it.
template <class Function>
[[nodiscard]] PyCFunction as_method(Function* function) noexcept {
  return reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(function));
}

/// A function as a slot of a type.
template <class Function>
[[nodiscard]] PyType_Slot slot(int id, Function* function) noexcept {
  return {id, reinterpret_cast<void*>(function)};
}

/// Frees an object that owns nothing any more.
inline void free_object(PyObject* object) noexcept {
  PyTypeObject* type = Py_TYPE(object);
  type->tp_free(object);
  Py_DECREF(type);
}

// AddressSanitizer is to see the end of each object, so nothing is kept under it.
#if defined(__clang__)
inline constexpr bool kKeepsObjects = !__has_feature(address_sanitizer);
#else
inline constexpr bool kKeepsObjects = true;
#endif

/// Gives an object that was destroyed, but not freed, a new life.
inline void renew(PyObject* object) noexcept {
#ifdef Py_REF_DEBUG
  _Py_NewReference(object);  // counts it as well
#else
  object->ob_refcnt = 1;
#endif
}

/// Keeps up to `kMost` destroyed objects, derived from PyObject, to use their memory again. Guarded
/// by the GIL.
template <class T, std::size_t kMost>
class FreeList {
 public:
  /// A new object whose fields have yet to be set; null with an exception set.
  [[nodiscard]] T* make(PyTypeObject* type) noexcept {
    T* made = take();
    return made ? made : PyObject_GC_New(T, type);
  }
  /// The same; null if none is kept.
  [[nodiscard]] T* take() noexcept {
    if (count_ == 0) return nullptr;
    T* made = kept_[--count_];
    renew(made);
    return made;
  }
  /// False if the list is full.
  [[nodiscard]] bool keep(T* destroyed) noexcept {
    if (!kKeepsObjects || count_ == kMost) return false;
    kept_[count_++] = destroyed;
    return true;
  }
  /// Instead of free_object().
  void keep_or_free(T* destroyed) noexcept {
    if (!keep(destroyed)) free_object(destroyed);
  }

 private:
  T* kept_[kMost]{};
  std::size_t count_ = 0;
};

}  // namespace mtaio::python
