// after_the_end [frame|node]: reads memory after its end, which AddressSanitizer has to report: of
// a coroutine's frame, or of a node of a queue. Without an argument it does nothing wrong.
#include "after_the_end.hpp"

#include <cstdio>
#include <string>

/// An item that tells where it was moved to last.
struct Item {
  Item() = default;
  Item(Item&& other) noexcept { other.moved_to = this; }
  Item* moved_to = nullptr;
  int number = 1;
};

mtaio::Task<int> read_frame() {
  const int* local = co_await address_of_local();
  co_return *local;
}

mtaio::Task<int> read_node() {
  mtaio::AsyncQueue<Item> queue;
  Item item;
  queue.try_put(item);
  const Item* node = item.moved_to;
  const Item got = co_await queue.get();
  co_return node->number + got.number;
}

mtaio::Task<int> read_nothing() {
  mtaio::AsyncQueue<Item> queue;
  for (int i = 0; i < 100; ++i) {
    const int* local = co_await address_of_local();
    co_await queue.put(Item{});
    const Item got = co_await queue.get();
    if (local == nullptr || got.number != 1) co_return 1;
  }
  co_return 0;
}

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "nothing";
  if (what == "frame") {
    std::printf("%d was read\n", mtaio::run(read_frame()));
  } else if (what == "node") {
    std::printf("%d was read\n", mtaio::run(read_node()));
  } else {
    return mtaio::run(read_nothing());
  }
}
