#include "interleave/fiber.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#ifndef __x86_64__
#error "mtaio::testing::interleave switches stacks on x86-64 only"
#endif

namespace mtaio::testing::interleave {

namespace {

std::size_t page_size() noexcept { return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)); }

/// Pushes what a called function must preserve, swaps the stack pointers, and pops the same from
/// the other stack.
[[gnu::naked, gnu::noinline]] void swap_stacks(void** /*save*/, void* /*load*/) noexcept {
  asm volatile(
      "pushq %rbp\n\t"
      "pushq %rbx\n\t"
      "pushq %r12\n\t"
      "pushq %r13\n\t"
      "pushq %r14\n\t"
      "pushq %r15\n\t"
      "movq %rsp, (%rdi)\n\t"
      "movq %rsi, %rsp\n\t"
      "popq %r15\n\t"
      "popq %r14\n\t"
      "popq %r13\n\t"
      "popq %r12\n\t"
      "popq %rbx\n\t"
      "popq %rbp\n\t"
      "retq");
}

/// The first code on a fiber: `start()` has put the entry into rbx and its argument into r12. The
/// return address above it is null, where a debugger stops.
[[gnu::naked, gnu::noinline]] void enter() noexcept {
  asm volatile(
      "movq %r12, %rdi\n\t"
      "jmpq *%rbx");
}

}  // namespace

Fiber::Fiber() {
  const std::size_t guard = page_size();
  void* const memory = ::mmap(nullptr, guard + kStackSize, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED || ::mprotect(memory, guard, PROT_NONE) != 0) {
    std::perror("mtaio interleave: cannot map a stack");
    std::abort();
  }
  memory_ = static_cast<std::byte*>(memory) + guard;
}

Fiber::~Fiber() {
  const std::size_t guard = page_size();
  ::munmap(memory_ - guard, guard + kStackSize);
}

void Fiber::start(void (*entry)(void*), void* argument) noexcept {
  // In the order in which swap_stacks() pops; then enter(), and the null above it, which also makes
  // the stack aligned as after a call.
  const std::array<std::uintptr_t, 8> frame{0,
                                            0,
                                            0,
                                            reinterpret_cast<std::uintptr_t>(argument),
                                            reinterpret_cast<std::uintptr_t>(entry),
                                            0,
                                            reinterpret_cast<std::uintptr_t>(&enter),
                                            0};
  auto* const top = reinterpret_cast<std::uintptr_t*>(memory_ + kStackSize);
  std::uintptr_t* const bottom = top - frame.size();
  for (std::size_t i = 0; i < frame.size(); ++i) bottom[i] = frame[i];
  stack_pointer_ = bottom;
}

bool Fiber::contains(std::uintptr_t address) const noexcept {
  const auto begin = reinterpret_cast<std::uintptr_t>(memory_);
  return address >= begin && address < begin + kStackSize;
}

void Context::switch_to(Fiber& fiber) noexcept {
  swap_stacks(&stack_pointer_, fiber.stack_pointer_);
}

void Context::switch_between(Fiber& from, Fiber& to) noexcept {
  swap_stacks(&from.stack_pointer_, to.stack_pointer_);
}

void Context::switch_back(Fiber& from) noexcept {
  swap_stacks(&from.stack_pointer_, stack_pointer_);
}

}  // namespace mtaio::testing::interleave
