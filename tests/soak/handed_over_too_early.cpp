/// Has a race, on purpose: an item is changed after it was put into a queue, when somebody else may
/// have got it. ThreadSanitizer has to report it. It sees the race only if the item is got before
/// the next one is put, because that orders the accesses again.
#include <mtaio/core.hpp>

#include <array>
#include <cstdio>

namespace {

struct Letter {
  int text = 0;
  bool posted = false;
};

using Post = mtaio::AsyncQueue<Letter*>;

mtaio::Task<void> write_letters(Post& post, std::array<Letter, 20>& letters) {
  for (Letter& letter : letters) {
    letter.text = 1;
    co_await post.put(&letter);
    letter.posted = true;  // too late
  }
  co_await post.put(nullptr);
}

mtaio::Task<int> read_letters(Post& post) {
  int posted = 0;
  while (const Letter* letter = co_await post.get()) posted += letter->posted ? 1 : 0;
  co_return posted;
}

mtaio::Task<int> exchange_letters() {
  Post post;
  std::array<Letter, 20> letters;
  mtaio::TaskExecutor executor;
  auto reading = executor.create_task(read_letters(post));
  co_await executor.run(write_letters(post, letters));
  co_return co_await reading;
}

}  // namespace

int main() {
  std::printf("%d of 20 were marked\n", mtaio::run(exchange_letters(), {.threads = 2}));
}
