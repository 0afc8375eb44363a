#include "module/gather/progress.hpp"

#include "bridge/type_tables.hpp"
#include "module/method/arguments.hpp"

#include <structmember.h>

#include <algorithm>
#include <array>
#include <cstddef>

namespace mtaio::python {
namespace {

PyTypeObject* type = nullptr;

ProgressObject* as_progress(PyObject* object) noexcept {
  return reinterpret_cast<ProgressObject*>(object);
}

bool has_counters(PyObject* object) {
  constexpr std::array<const char*, 4> kNames{"total", "started", "done", "failed"};
  return std::ranges::all_of(
      kNames, [object](const char* name) { return PyObject_HasAttrString(object, name) != 0; });
}

int initialise(PyObject*, PyObject* arguments, PyObject* keywords) {
  static std::array<char*, 1> names{nullptr};
  return PyArg_ParseTupleAndKeywords(arguments, keywords, ":Progress", names.data()) != 0 ? 0 : -1;
}

PyObject* repr(PyObject* object) {
  const ProgressObject* self = as_progress(object);
  return PyUnicode_FromFormat("<Progress total=%zd started=%zd done=%zd failed=%zd>", self->total,
                              self->started, self->done, self->failed);
}

void destroy(PyObject* object) { free_object(object); }

constexpr const char* kDoc = R"(Progress()
--

Counters that gather() and map() keep up to date, for any thread to read at any time.

    progress = Progress()
    pages = asyncio.create_task(executor.map(fetch, urls, limit=8, progress=progress))
    while not pages.done():
        print(progress.done, "of", progress.total)
        await asyncio.sleep(1)

Several calls may share one: it then counts for all of them.)";

std::array<PyMemberDef, 5> members{{
    {"total", T_PYSSIZET, offsetof(ProgressObject, total), READONLY,
     "How many there are; 0 as long as that is not known, for an iterator for example."},
    {"started", T_PYSSIZET, offsetof(ProgressObject, started), READONLY, "How many have started."},
    {"done", T_PYSSIZET, offsetof(ProgressObject, done), READONLY,
     "How many have ended, with a result or an exception."},
    {"failed", T_PYSSIZET, offsetof(ProgressObject, failed), READONLY,
     "How many have failed; not counting those that were cancelled because another one failed."},
    {},
}};
std::array<PyType_Slot, 6> slots{{
    slot(Py_tp_init, &initialise),
    slot(Py_tp_dealloc, &destroy),
    slot(Py_tp_repr, &repr),
    {Py_tp_members, members.data()},
    {Py_tp_doc, const_cast<char*>(kDoc)},
    {0, nullptr},
}};
PyType_Spec spec{"mtaio.core.Progress", sizeof(ProgressObject), 0,
                 Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots.data()};

}  // namespace

bool ProgressReport::accepts(PyObject* progress, const char* call) {
  const bool is_class = PyType_Check(progress) != 0;
  if (!is_class && (PyObject_TypeCheck(progress, type) || PyCallable_Check(progress) ||
                    has_counters(progress))) {
    return true;
  }
  PyErr_Format(
      PyExc_TypeError,
      "%s(progress=%R): a progress is a Progress, a function or an object with the "
      "attributes total, started, done and failed, not %s %.100s.",
      call, progress, is_class ? "the class" : article(progress),
      is_class ? reinterpret_cast<PyTypeObject*>(progress)->tp_name : Py_TYPE(progress)->tp_name);
  return false;
}

ProgressReport::ProgressReport(PyObject* progress) noexcept
    : progress_{Reference::to(progress)},
      kind_{PyObject_TypeCheck(progress, type) ? Kind::kCounters
            : PyCallable_Check(progress)       ? Kind::kFunction
                                               : Kind::kAttributes} {}

bool ProgressReport::add(Py_ssize_t ProgressObject::* counter, const char* attribute,
                         Py_ssize_t more) {
  if (kind_ == Kind::kCounters) {
    as_progress(progress_.get())->*counter += more;
    return true;
  }
  const Reference value = Reference::take(PyObject_GetAttrString(progress_.get(), attribute));
  const Reference increment = Reference::take(value ? PyLong_FromSsize_t(more) : nullptr);
  const Reference sum =
      Reference::take(increment ? PyNumber_Add(value.get(), increment.get()) : nullptr);
  return sum && PyObject_SetAttrString(progress_.get(), attribute, sum.get()) == 0;
}

bool ProgressReport::add_total(Py_ssize_t more) {
  return kind_ == Kind::kFunction || add(&ProgressObject::total, "total", more);
}

bool ProgressReport::count_started() {
  return kind_ == Kind::kFunction || add(&ProgressObject::started, "started", 1);
}

bool ProgressReport::count_done(bool failed) {
  if (kind_ == Kind::kFunction) {
    const Reference one = Reference::take(PyLong_FromLong(1));
    const Reference called =
        Reference::take(one ? PyObject_CallOneArg(progress_.get(), one.get()) : nullptr);
    return static_cast<bool>(called);
  }
  return add(&ProgressObject::done, "done", 1) &&
         (!failed || add(&ProgressObject::failed, "failed", 1));
}

bool add_progress(PyObject* module) {
  if (!type) type = reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&spec));
  return type && PyModule_AddType(module, type) == 0;
}

}  // namespace mtaio::python
