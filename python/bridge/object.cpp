#include <mtaio/python/object.hpp>

#include <mtaio/lowlevel/spin_lock.hpp>

#include <atomic>
#include <mutex>
#include <vector>

namespace mtaio::python {
namespace {

struct Dropped {
  lowlevel::SpinLock lock;
  /// Guarded by lock.
  std::vector<PyObject*> objects;
  std::atomic<bool> any{false};
};

Dropped& dropped() {
  static auto* dropped = new Dropped;  // never destroyed: C++ threads may outlive the interpreter
  return *dropped;
}

}  // namespace

void Object::drop(PyObject* object) noexcept {
  if (PyGILState_Check() != 0) {
    Py_DECREF(object);
    return;
  }
  Dropped& all = dropped();
  const std::scoped_lock guard{all.lock};
  all.objects.push_back(object);
  all.any.store(true, std::memory_order_relaxed);
}

void Object::give_up_dropped() noexcept {
  Dropped& all = dropped();
  if (!all.any.load(std::memory_order_relaxed)) return;
  std::vector<PyObject*> objects;
  {
    const std::scoped_lock guard{all.lock};
    objects.swap(all.objects);
    all.any.store(false, std::memory_order_relaxed);
  }
  for (PyObject* object : objects) Py_DECREF(object);
}

}  // namespace mtaio::python
