/// The count of owners: the last one destroys what the others have used.
#include <mtaio/base/ref_count.hpp>

#include "interleave/models/model.hpp"

namespace {

using namespace models;

struct Owned {
  mtaio::internal::RefCount count;
  std::array<int, 3> used_by{};
};

void use_and_release(Owned* owned, std::size_t self) {
  ++owned->used_by[self];
  if (!owned->count.release()) return;
  require(owned->used_by == std::array{1, 1, 1}, "the last owner sees what the others did");
  delete owned;
}

void three_owners() {
  auto* owned = new Owned;
  owned->count.set(3);
  const auto owner = [=](std::size_t self) { return [=] { use_and_release(owned, self); }; };
  in_threads(owner(0), owner(1), owner(2));
}

void an_owner_adds_another() {
  auto* owned = new Owned;
  owned->count.retain();
  in_threads(
      [=] {
        owned->count.retain();
        std::thread another{[=] { use_and_release(owned, 2); }};
        use_and_release(owned, 0);
        another.join();
      },
      [=] { use_and_release(owned, 1); });
}

TEST_CASE("model: RefCount") {
  check_model("three owners", &three_owners, all(50'000));
  check_model("an owner adds another", &an_owner_adds_another, all(50'000));
}

}  // namespace
