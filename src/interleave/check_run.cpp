#include "interleave/check_run.hpp"

#include "interleave/exhaustive.hpp"
#include "interleave/memory_cpp20.hpp"
#include "interleave/memory_x86.hpp"
#include "interleave/random.hpp"
#include "interleave/symbols.hpp"
#include "interleave/telling.hpp"
#include "interleave/weaken.hpp"

#include <cstdlib>
#include <exception>
#include <optional>
#include <string>

namespace mtaio::testing::interleave {

namespace {

std::string replay_of(const Options& options) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): no other thread changes the environment
  const char* const from_environment = std::getenv("MTAIO_INTERLEAVE_REPLAY");
  return from_environment == nullptr ? options.replay : from_environment;
}

std::unique_ptr<Explorer> make_explorer(const Options& options) {
  const std::string replay = replay_of(options);
  if (replay.starts_with("r:"))
    return std::make_unique<Uniform>(std::stoull(replay.substr(2)), true);
  if (!replay.empty()) return std::make_unique<Replay>(from_replay(replay));
  switch (options.strategy) {
    case Strategy::kExhaustive:
      return std::make_unique<Exhaustive>(options.preemptions);
    case Strategy::kRandom:
      return std::make_unique<Uniform>(options.first_seed);
    case Strategy::kPct:
      return std::make_unique<Pct>(options.first_seed, options.depth);
  }
  std::terminate();
}

std::unique_ptr<MemoryModel> make_memory(const Options& options, Choices& choices) {
  switch (options.memory) {
    case Memory::kCpp20:
      return std::make_unique<MemoryCpp20>(
          choices, MemoryCpp20::Loads::kAnyAllowed,
          options.load_buffering && options.strategy == Strategy::kExhaustive);
    case Memory::kX86:
      return std::make_unique<MemoryX86>(choices);
    case Memory::kSequential:
      return std::make_unique<MemoryCpp20>(choices, MemoryCpp20::Loads::kLatest);
  }
  std::terminate();
}

std::string place_text(Site site) {
  const Place& place = symbols().of(site);
  return place.line.empty() ? "" : " in " + place.function + " (" + place.line + ")";
}

}  // namespace

Check::Check(const Options& options, const Host& host)
    : options_{options},
      explorer_{make_explorer(options)},
      recorder_{*explorer_},
      memory_{make_memory(options, recorder_)},
      execution_{recorder_, *memory_, options_, host},
      engine_{.memory = *memory_,
              .execution = execution_,
              .heap = heap_,
              .shadow = shadow_,
              .finds_races = options.memory != Memory::kX86} {
  state::checking_thread = __builtin_thread_pointer();
  running = &engine_;
}

Check::~Check() {
  running = nullptr;
  weakening().write_sites();
}

Report Check::run(const std::function<void()>& program,
                  const std::function<bool(const Ending&)>& goes_on) {
  Report report;
  report.complete = explore(program, goes_on, report);
  if (report.complete && memory_->foresee()) {
    explorer_->restart();
    report.complete = explore(program, goes_on, report);
  }
  return report;
}

bool Check::explore(const std::function<void()>& program,
                    const std::function<bool(const Ending&)>& goes_on, Report& report) {
  while (recorder_.begin()) {
    const Ending ending = run_once(program);
    if (ending.result != Ending::Result::kRedundant) {
      ++report.executions;
      if (!goes_on(ending)) {
        report.failure = failure_of(ending);
        return false;
      }
    }
    if (report.executions >= options_.most_executions || out_of_time()) return false;
  }
  return true;
}

Ending Check::run_once(const std::function<void()>& program) {
  heap_.begin();
  shadow_.begin();
  Ending ending = execution_.run(program);
  const Block* const leaked = heap_.leaked();
  if (ending.result == Ending::Result::kDone && options_.leaks && leaked != nullptr)
    return {.result = Ending::Result::kFailed,
            .kind = FailureKind::kLeak,
            .what = std::to_string(leaked->size) + " bytes are not freed" +
                    (place_text(leaked->allocated_at).empty() ? "" : ", allocated"),
            .site = leaked->allocated_at};
  return ending;
}

bool Check::out_of_time() const {
  return options_.most_time.count() > 0 &&
         std::chrono::steady_clock::now() - began_ >= options_.most_time;
}

Failure Check::failure_of(const Ending& ending) {
  Failure failure{.kind = ending.kind, .what = ending.what, .story = {}, .replay = {}};
  if (ending.other != nullptr) failure.what += place_text(ending.other) + "; here";
  failure.what += place_text(ending.site);
  failure.story =
      tell(execution_.story.events(), [this](Address address) { return description_of(address); });
  failure.replay = recorder_.replay();
  return failure;
}

/// What an address is, for the story.
std::string Check::description_of(Address address) {
  if (heap_.contains(address)) {
    const Block* const block = heap_.block_at(address);
    if (block == nullptr || address >= block->end()) return "in no block of the heap";
    return "byte " + std::to_string(address - block->begin) + " of a block of " +
           std::to_string(block->size) + ", allocated" + place_text(block->allocated_at);
  }
  const int owner = execution_.owner_of_stack(address);
  if (owner != kNoThread) return "in the stack of thread " + std::to_string(owner);
  const std::optional<VariablePart> part = symbols().variable_at(address);
  if (!part) return "a variable at " + hexadecimal(address);
  if (part->byte == 0) return "the variable " + part->name;
  return "byte " + std::to_string(part->byte) + " of " + std::to_string(part->size) +
         " of the variable " + part->name;
}

}  // namespace mtaio::testing::interleave
