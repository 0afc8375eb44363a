/// What the tables and the functions of every type of ours have in common.
#pragma once

#include <mtaio/python/reference.hpp>

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

/// Gives an object that is gone a new life.
inline void renew(PyObject* object) noexcept {
#ifdef Py_REF_DEBUG
  _Py_NewReference(object);  // counts it as well
#else
  object->ob_refcnt = 1;
#endif
}

/// Objects that are gone, up to so many, to be used again. Guarded by the GIL.
template <class T, std::size_t kMost>
class FreeList {
 public:
  /// One whose fields have yet to be set; null with an exception set.
  [[nodiscard]] T* make(PyTypeObject* type) noexcept {
    T* made = take();
    return made ? made : PyObject_GC_New(T, type);
  }
  /// The same; null if none is kept.
  [[nodiscard]] T* take() noexcept {
    if (count_ == 0) return nullptr;
    T* made = kept_[--count_];
    renew(reinterpret_cast<PyObject*>(made));
    return made;
  }
  /// False if there are enough.
  [[nodiscard]] bool keep(T* gone) noexcept {
    if (!kKeepsObjects || count_ == kMost) return false;
    kept_[count_++] = gone;
    return true;
  }
  /// Instead of free_object().
  void keep_or_free(T* gone) noexcept {
    if (!keep(gone)) free_object(reinterpret_cast<PyObject*>(gone));
  }

 private:
  T* kept_[kMost]{};
  std::size_t count_ = 0;
};

}  // namespace mtaio::python
