/// Chooses the mutant that this process runs. tools/mutants.py has rewritten a copy of the sources
/// so that it contains all mutants: `if (a && b)` has become an expression that is `a || b` when
/// the number of that mutant is chosen.
///
///   MTAIO_MUTANT=N            the process is mutant N; without it, the original program
///   MTAIO_MUTANTS_REACHED=F   sets byte N of the file F when the place of mutant N is reached
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <type_traits>

// Where the checker of interleavings sees each access to memory, it must not see the choice of the
// mutant: that is not the program's. The compiler may not inline what is not instrumented.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define MTAIO_MUTANTS_UNSEEN [[gnu::noinline, clang::disable_sanitizer_instrumentation]]
#endif
#endif
#ifndef MTAIO_MUTANTS_UNSEEN
#define MTAIO_MUTANTS_UNSEEN
#endif
// Operands would be seen as memory.
#define MTAIO_MUTANTS_INLINE [[gnu::always_inline]] inline

namespace mutants {

inline constexpr int kNone = -1;
inline constexpr int kTracing = -2;
inline constexpr int kNever = -3;      // not the number of any mutant
inline constexpr int kMost = 1 << 16;  // the size of the file

/// Shared with child processes, and kept when one of them crashes.
inline unsigned char* const reached = [] {
  const char* path = std::getenv("MTAIO_MUTANTS_REACHED");
  if (!path) return static_cast<unsigned char*>(nullptr);
  const int file = ::open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (file < 0 || ::ftruncate(file, kMost) != 0) std::abort();
  void* memory = ::mmap(nullptr, kMost, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (memory == MAP_FAILED) std::abort();
  ::close(file);
  return static_cast<unsigned char*>(memory);
}();

inline const int chosen = [] {
  if (reached) return kTracing;
  const char* text = std::getenv("MTAIO_MUTANT");
  return text ? std::atoi(text) : kNone;
}();

/// Whether this process is mutant `number`. Never in a constant expression.
MTAIO_MUTANTS_UNSEEN constexpr bool on(int number) noexcept {
  if (std::is_constant_evaluated()) return false;
  if (chosen == kTracing && reached && number >= 0) reached[number] = 1;
  return chosen == number;
}

// The replacements of operators. All of them evaluate both operands.

template <class A, class B>
MTAIO_MUTANTS_INLINE constexpr bool less(int number, const A& a, const B& b) {
  return on(number) ? a <= b : a < b;
}
template <class A, class B>
MTAIO_MUTANTS_INLINE constexpr bool less_equal(int number, const A& a, const B& b) {
  return on(number) ? a < b : a <= b;
}
template <class A, class B>
MTAIO_MUTANTS_INLINE constexpr bool greater(int number, const A& a, const B& b) {
  return on(number) ? a >= b : a > b;
}
template <class A, class B>
MTAIO_MUTANTS_INLINE constexpr bool greater_equal(int number, const A& a, const B& b) {
  return on(number) ? a > b : a >= b;
}
template <class A, class B>
MTAIO_MUTANTS_INLINE constexpr bool equal(int number, const A& a, const B& b) {
  return on(number) != static_cast<bool>(a == b);
}
template <class A, class B>
MTAIO_MUTANTS_INLINE constexpr bool not_equal(int number, const A& a, const B& b) {
  return on(number) != static_cast<bool>(a != b);
}
template <class A, class B>
MTAIO_MUTANTS_INLINE constexpr auto plus(int number, const A& a, const B& b) {
  return on(number) ? a - b : a + b;
}
template <class A, class B>
MTAIO_MUTANTS_INLINE constexpr auto minus(int number, const A& a, const B& b) {
  return on(number) ? a + b : a - b;
}
template <class A, class B>
MTAIO_MUTANTS_INLINE constexpr auto bit_and(int number, const A& a, const B& b) {
  return on(number) ? a | b : a & b;
}
template <class A, class B>
MTAIO_MUTANTS_INLINE constexpr auto bit_or(int number, const A& a, const B& b) {
  return on(number) ? a & b : a | b;
}
template <class A, class B>
MTAIO_MUTANTS_INLINE constexpr auto modulo(int number, const A& a, const B& b) {
  return on(number) ? a / b : a % b;
}
template <class A>
MTAIO_MUTANTS_INLINE constexpr A& increment(int number, A& a) {
  if (!on(number)) return ++a;
  if constexpr (requires { --a; }) --a;  // a forward iterator stays
  return a;
}
template <class A>
MTAIO_MUTANTS_INLINE constexpr A& decrement(int number, A& a) {
  return on(number) ? ++a : --a;
}
template <class A>
MTAIO_MUTANTS_INLINE constexpr A one_more(int number, A a) {
  return on(number) ? static_cast<A>(a + 1) : a;
}

/// The index of the statement that runs at step `step`. Each number is the mutant that swaps a
/// statement and the next one.
template <int... kNumbers>
MTAIO_MUTANTS_UNSEEN constexpr int turn(int step) noexcept {
  constexpr int kAll[] = {kNumbers...};
  int index = step;
  int place = 0;
  for (const int number : kAll) {
    if (on(number)) index = step == place ? place + 1 : step == place + 1 ? place : step;
    ++place;
  }
  return index;
}

}  // namespace mutants
