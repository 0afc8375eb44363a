/// Makes waiting in a loop visible to the checker. Included into every checked file before all
/// else, by the option -include, which the CMake target `mtaio::interleave` adds.
#pragma once

// The names are the compiler's and libstdc++'s.
// NOLINTBEGIN(*-reserved-identifier,cert-dcl58-cpp,readability-identifier-naming)

/// Another thread may have to go on before this one can.
#ifdef __cplusplus
extern "C"
#endif
    void
    mtaio_interleave_pause(void);

// What the intrinsic _mm_pause() and hand-written spin loops use.
#define __builtin_ia32_pause() mtaio_interleave_pause()

#if defined(__cplusplus) && __cplusplus >= 202002L
namespace std::__detail {

/// Stands in for a function of libstdc++, which is less constrained: a `wait` of the standard
/// library looks once before it blocks, instead of 16 times. Other threads may go on before it
/// looks, so it sees as much; and it is seen to block in exhaustive checks, too.
template <typename Predicate, typename Spin = int>
  requires true
bool __atomic_spin(Predicate& predicate, Spin /*spin*/ = Spin{}) noexcept {
  return predicate();
}

}  // namespace std::__detail
#endif

// NOLINTEND(*-reserved-identifier,cert-dcl58-cpp,readability-identifier-naming)
