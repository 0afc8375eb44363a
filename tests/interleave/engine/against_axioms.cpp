/// The machine that the checker runs against the axioms of the standard: random small programs have
/// the same outcomes.
#include <mtaio/interleave/check.hpp>

#include "interleave/engine/axioms.hpp"

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace interleave = mtaio::testing::interleave;
using test::AccessKind;
using test::Executions;
using test::Instruction;
using test::StraightProgram;

namespace {

constexpr std::size_t kVariables = 2;

constexpr auto kRelaxed = std::memory_order_relaxed;
constexpr auto kAcquire = std::memory_order_acquire;
constexpr auto kRelease = std::memory_order_release;
constexpr auto kAcqRel = std::memory_order_acq_rel;
constexpr auto kSeqCst = std::memory_order_seq_cst;

using Variables = std::array<std::atomic<int>, kVariables>;

/// A load at a place of its own: the checker takes a thread that loads the same value at the same
/// place again and again for one that waits.
template <int kPosition>
int load(const std::atomic<int>& variable, std::memory_order order) {
  return variable.load(order);
}
constexpr std::array kLoadAt{&load<0>, &load<1>, &load<2>, &load<3>};

std::string run(const std::vector<Instruction>& instructions, Variables& variables) {
  std::string seen;
  for (std::size_t i = 0; i < instructions.size(); ++i) {
    const Instruction& instruction = instructions[i];
    std::atomic<int>& variable = variables[instruction.variable];
    switch (instruction.kind) {
      case AccessKind::kLoad:
        seen += std::to_string(kLoadAt[i](variable, instruction.order));
        break;
      case AccessKind::kStore:
        variable.store(instruction.value, instruction.order);
        break;
      case AccessKind::kExchange:
        seen += std::to_string(variable.exchange(instruction.value, instruction.order));
        break;
      case AccessKind::kFence:
        std::atomic_thread_fence(instruction.order);
        break;
    }
  }
  return seen + '/';
}

std::string run_all(const StraightProgram& program) {
  Variables variables{};
  std::vector<std::string> seen(program.size());
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < program.size(); ++i)
    threads.emplace_back([&, i] { seen[i] = run(program[i], variables); });
  for (std::thread& thread : threads) thread.join();
  std::string all;
  for (const std::string& each : seen) all += each;
  for (const std::atomic<int>& each : variables) all += std::to_string(each.load(kRelaxed));
  return all;
}

/// Programs with `sizes` instructions in the threads.
StraightProgram random_program(std::minstd_rand& random, const std::vector<std::size_t>& sizes) {
  constexpr std::array kKinds{AccessKind::kLoad,  AccessKind::kLoad,     AccessKind::kStore,
                              AccessKind::kStore, AccessKind::kExchange, AccessKind::kFence};
  constexpr std::array kLoads{kRelaxed, kAcquire, kSeqCst};
  constexpr std::array kStores{kRelaxed, kRelease, kSeqCst};
  constexpr std::array kBoth{kRelaxed, kAcquire, kRelease, kAcqRel, kSeqCst};
  constexpr std::array kFences{kAcquire, kRelease, kSeqCst, kSeqCst};
  const auto one_of = [&](const auto& values) { return values[random() / 8 % values.size()]; };
  StraightProgram program;
  int value = 0;
  for (const std::size_t size : sizes) {
    std::vector<Instruction>& thread = program.emplace_back();
    for (std::size_t i = 0; i < size; ++i) {
      const AccessKind kind = one_of(kKinds);
      thread.push_back({.kind = kind,
                        .variable = random() / 8 % kVariables,
                        .order = kind == AccessKind::kLoad       ? one_of(kLoads)
                                 : kind == AccessKind::kStore    ? one_of(kStores)
                                 : kind == AccessKind::kExchange ? one_of(kBoth)
                                                                 : one_of(kFences),
                        .value = ++value});
    }
  }
  return program;
}

std::string_view text_of(std::memory_order order) {
  constexpr std::array<std::string_view, 6> kNames{"relaxed", "consume", "acquire",
                                                   "release", "acq_rel", "seq_cst"};
  return kNames[static_cast<std::size_t>(order)];
}

std::string text_of(const StraightProgram& program) {
  constexpr std::array<std::string_view, 4> kKinds{"load", "store", "exchange", "fence"};
  std::string text;
  for (const std::vector<Instruction>& thread : program) {
    text += "thread:\n";
    for (const Instruction& each : thread)
      text.append("  ")
          .append(kKinds[static_cast<std::size_t>(each.kind)])
          .append(" v" + std::to_string(each.variable) + ' ')
          .append(text_of(each.order))
          .append(' ' + std::to_string(each.value) + '\n');
  }
  return text;
}

/// The outcomes in `some` that are not in `others`.
std::string missing(const std::set<std::string>& some, const std::set<std::string>& others) {
  std::string text;
  for (const std::string& outcome : some)
    if (!others.contains(outcome)) text += ' ' + outcome;
  return text;
}

void compare(const std::vector<std::size_t>& sizes, int seeds,
             interleave::Memory memory = interleave::Memory::kCpp20) {
  const Executions executions =
      memory == interleave::Memory::kX86 ? Executions::kX86 : Executions::kInOrder;
  for (int seed = 1; seed <= seeds; ++seed) {
    std::minstd_rand random{static_cast<std::uint32_t>(seed)};
    random.discard(10);
    const StraightProgram program = random_program(random, sizes);
    const std::set<std::string> outcomes = interleave::outcomes(
        [&] { return run_all(program); }, {.memory = memory, .most_executions = 1'000'000});
    const std::set<std::string> allowed = test::outcomes_by_axioms(program, kVariables, executions);
    CHECK_MESSAGE(outcomes == allowed,
                  text_of(program) << "found though not allowed:" << missing(outcomes, allowed)
                                   << "\nallowed but not found:" << missing(allowed, outcomes));
  }
}

/// With load buffering, what is found is allowed. Returns how many outcomes are allowed and not
/// found.
int compare_load_buffering(const std::vector<std::size_t>& sizes, int seeds) {
  int not_found = 0;
  for (int seed = 1; seed <= seeds; ++seed) {
    std::minstd_rand random{static_cast<std::uint32_t>(seed)};
    random.discard(10);
    const StraightProgram program = random_program(random, sizes);
    const auto outcomes = interleave::outcomes(
        [&] { return run_all(program); }, {.most_executions = 1'000'000, .load_buffering = true});
    const auto allowed = test::outcomes_by_axioms(program, kVariables, Executions::kAll);
    const std::string wrong = missing(outcomes, allowed);
    CHECK_MESSAGE(wrong.empty(), text_of(program) << "found though not allowed:" << wrong);
    for (const std::string& outcome : allowed)
      if (!outcomes.contains(outcome)) ++not_found;
  }
  return not_found;
}

}  // namespace

TEST_CASE("axioms: know store buffering") {
  const auto outcomes = [](std::memory_order order) {
    const StraightProgram program{
        {{AccessKind::kStore, 0, order, 1}, {AccessKind::kLoad, 1, order}},
        {{AccessKind::kStore, 1, order, 1}, {AccessKind::kLoad, 0, order}}};
    return test::outcomes_by_axioms(program, kVariables, Executions::kInOrder);
  };
  CHECK(outcomes(kRelaxed) == std::set<std::string>{"0/0/11", "0/1/11", "1/0/11", "1/1/11"});
  CHECK(outcomes(kSeqCst) == std::set<std::string>{"0/1/11", "1/0/11", "1/1/11"});
}

TEST_CASE("against the axioms: two threads") {
  compare({2, 2}, 300);
  compare({3, 3}, 300);
  compare({2, 4}, 200);
}

TEST_CASE("against the axioms: three threads") {
  compare({1, 2, 2}, 300);
  compare({2, 2, 2}, 200);
}

TEST_CASE("against the axioms: four threads") { compare({1, 1, 2, 2}, 200); }

TEST_CASE("against the axioms: with load buffering, nearly all outcomes are found") {
  CHECK(compare_load_buffering({2, 2}, 300) == 0);
  CHECK(compare_load_buffering({3, 3}, 200) <= 2);
  CHECK(compare_load_buffering({1, 2, 2}, 200) == 0);
}

TEST_CASE("against the axioms: x86") {
  constexpr auto kX86 = interleave::Memory::kX86;
  compare({2, 2}, 300, kX86);
  compare({3, 3}, 300, kX86);
  compare({1, 2, 2}, 300, kX86);
  compare({1, 1, 2, 2}, 100, kX86);
}
