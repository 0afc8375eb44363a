/// Stops the compilation for a Python that mtaio does not support, with a reason.
#pragma once

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#if !defined(__linux__)
#error "mtaio runs on Linux only: its threads sleep and wake with Linux's futex and eventfd"
#endif

#if defined(PYPY_VERSION)
#error "mtaio is written for the inside of CPython, and this is PyPy: use CPython 3.11 to 3.13"
#endif

#if PY_VERSION_HEX < 0x030B0000 || PY_VERSION_HEX >= 0x030E0000
#error "mtaio supports CPython 3.11 to 3.13: it uses parts that change from version to version"
#endif

#if defined(Py_GIL_DISABLED)
#error "mtaio needs the GIL, which guards its objects: use the ordinary build of Python"
#endif

// CMake says for which Python the library that an extension is linked to was compiled.
#if defined(MTAIO_COMPILED_FOR_PYTHON) && (PY_VERSION_HEX >> 16) != MTAIO_COMPILED_FOR_PYTHON
#error "mtaio::python is for another version of Python: give both the same Python3_EXECUTABLE"
#endif
