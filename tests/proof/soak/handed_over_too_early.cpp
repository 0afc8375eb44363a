/// Has a race, on purpose: a letter is changed after it was handed over, when another thread may
/// read it. ThreadSanitizer has to report it. It sees the race only if the letter is read before
/// the next one is handed over, because that orders the accesses again; on one core, that takes a
/// switch of threads just there.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <mutex>
#include <thread>

namespace {

/// As large as what ThreadSanitizer keeps books of; of smaller ones it forgets some.
struct alignas(8) Letter {
  bool posted = false;
};

class Post {
 public:
  void write_letters() {
    for (std::size_t i = 0; i < letters_.size(); ++i) {
      hand_over(i + 1);
      letters_[i].posted = true;  // too late
    }
    hand_over(letters_.size() + 1);
  }

  std::size_t read_letters() {
    std::size_t posted = 0;
    for (std::size_t read = 0; read < letters_.size();) {
      const std::size_t there = std::min(handed_over(), letters_.size());
      for (; read < there; ++read) posted += letters_[read].posted ? 1 : 0;
    }
    return posted;
  }

 private:
  void hand_over(std::size_t count) {
    const std::scoped_lock guard{lock_};
    handed_over_ = count;
  }
  std::size_t handed_over() {
    const std::scoped_lock guard{lock_};
    return handed_over_;
  }

  std::mutex lock_;
  std::size_t handed_over_ = 0;  // guarded by lock_
  std::array<Letter, 50> letters_;
};

}  // namespace

int main() {
  const auto post = std::make_unique<Post>();  // of what is on the stack, TSAN overlooks accesses
  std::jthread writer{[&] { post->write_letters(); }};
  std::printf("%zu of 50 were marked\n", post->read_letters());
}
