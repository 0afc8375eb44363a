#include "interleave/weaken.hpp"

#include "interleave/symbols.hpp"

#include <array>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <span>

namespace mtaio::testing::interleave {

namespace {

using Weaker = std::span<const std::optional<std::memory_order>>;

constexpr std::optional<std::memory_order> kNothing;

std::string environment(const char* name) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): no other thread changes the environment
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string_view name_of(Ordered what) {
  constexpr std::array<std::string_view, 6> kNames{"load",    "store", "update",
                                                   "failure", "fence", "membarrier"};
  return kNames[static_cast<std::size_t>(what)];
}

std::string_view name_of(std::optional<std::memory_order> order) {
  constexpr std::array<std::string_view, 6> kNames{"relaxed", "consume", "acquire",
                                                   "release", "acq_rel", "seq_cst"};
  return order ? kNames[static_cast<std::size_t>(*order)] : "none";
}

/// The orders that are weaker by one step.
Weaker weaker_than(Ordered what, std::memory_order order) {
  using enum std::memory_order;
  static constexpr std::array<std::optional<std::memory_order>, 1> kRelaxed{relaxed};
  static constexpr std::array<std::optional<std::memory_order>, 1> kAcquire{acquire};
  static constexpr std::array<std::optional<std::memory_order>, 1> kRelease{release};
  static constexpr std::array<std::optional<std::memory_order>, 1> kAcqRel{acq_rel};
  static constexpr std::array<std::optional<std::memory_order>, 2> kOneOfTwo{acquire, release};
  static constexpr std::array<std::optional<std::memory_order>, 1> kNone{kNothing};
  const bool is_fence = what == Ordered::kFence || what == Ordered::kMembarrier;
  switch (order) {
    case relaxed:
      return {};
    case seq_cst:
      if (what == Ordered::kMembarrier) return kNone;
      if (what == Ordered::kLoad || what == Ordered::kFailure) return kAcquire;
      return what == Ordered::kStore ? Weaker{kRelease} : Weaker{kAcqRel};
    case acq_rel:
      return kOneOfTwo;
    default:
      return is_fence ? Weaker{kNone} : Weaker{kRelaxed};
  }
}

}  // namespace

Weakening::Weakening()
    : mutant_{environment("MTAIO_INTERLEAVE_WEAKEN")},
      file_{environment("MTAIO_INTERLEAVE_SITES")},
      is_used_{!mutant_.empty() || !file_.empty()} {}

std::optional<std::memory_order> Weakening::order_of(Ordered what, std::memory_order order,
                                                     Site site) {
  if (!is_used_) return order;
  const Key key{site, what};
  auto known = known_.find(key);
  if (known == known_.end()) known = known_.emplace(key, look_up(what, order, site)).first;
  return known->second;
}

std::optional<std::memory_order> Weakening::look_up(Ordered what, std::memory_order order,
                                                    Site site) {
  const std::string& line = symbols().of(site).line;
  std::optional<std::memory_order> result = order;
  for (const std::optional<std::memory_order> weaker : weaker_than(what, order)) {
    std::string mutant = line;
    for (const std::string_view part : {name_of(what), name_of(order), name_of(weaker)})
      mutant.append(":").append(part);
    if (mutant == mutant_) result = weaker;
    to_write_.insert(std::move(mutant));
  }
  return result;
}

void Weakening::write_sites() {
  if (file_.empty()) return;
  std::ofstream file{file_, std::ios::app};
  for (const std::string& mutant : to_write_)
    if (written_.insert(mutant).second) file << mutant << '\n';
  to_write_.clear();
}

Weakening& weakening() {
  static Weakening one;
  return one;
}

}  // namespace mtaio::testing::interleave
