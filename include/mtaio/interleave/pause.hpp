/// Makes a pause in a spin loop visible to the checker. Included into every checked file before all
/// else, by the option -include, which the CMake target `mtaio::interleave` adds.
#pragma once

/// Another thread may have to go on before this one can.
extern "C" void mtaio_interleave_pause();

// What the intrinsic _mm_pause() and hand-written spin loops use.
#define __builtin_ia32_pause() mtaio_interleave_pause()  // NOLINT(*-reserved-identifier)
