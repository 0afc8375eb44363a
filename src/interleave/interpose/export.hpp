/// How a function stands in for one of the same name in a shared library.
#pragma once

// The dynamic linker finds it before that of the shared library.
#define MTAIO_EXPORT extern "C" [[gnu::visibility("default"), gnu::noinline]]

/// The place in the program that called the exported function in which this is written.
#define MTAIO_SITE __builtin_return_address(0)
