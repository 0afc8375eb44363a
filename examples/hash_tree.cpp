/// Prints the SHA-256 of every file below a folder, as sha256sum does.
///
///     hash_tree /usr/include >sums && sha256sum --check --quiet sums
#include <mtaio/core.hpp>

#include "hash_tree/console.hpp"       // standard output and standard error
#include "hash_tree/files.hpp"         // the files below a folder, as a lazy range
#include "hash_tree/interrupt.hpp"     // Ctrl-C, as a stop token
#include "hash_tree/progress_bar.hpp"  // a task that draws one
#include "hash_tree/sha256.hpp"        // by OpenSSL

using namespace std::chrono_literals;
using Path = std::filesystem::path;
using Turn = std::shared_ptr<mtaio::Latch>;

/// Runs in a thread, because reading blocks. A file may be huge, so it looks whether it is to stop.
std::string sha256_of(mtaio::StopToken stop, const Path& path, Amounts& amounts) {
  InputFile file{path};
  Sha256 sum;
  for (auto data = file.read(); !data.empty(); data = file.read()) {
    if (stop.stop_requested()) throw mtaio::CancelledError{};
    sum.update(data);
    amounts.bytes += data.size();
  }
  return sum.finish();
}

class HashTree {
 public:
  explicit HashTree(Console& console) : console_{console} {}

  mtaio::Task<void> print_sums(Path folder) {
    const auto bar = executor_.create_task(show_progress(console_, folder, amounts_));
    FileWalk files{folder,
                   [this](auto& path, auto& error) { console_.complain(path, error.message()); }};
    Turn turn = std::make_shared<mtaio::Latch>(0);
    const auto start = [&](const std::filesystem::directory_entry& file) {
      Turn next = std::make_shared<mtaio::Latch>(1);
      return print_sum(file.path(), std::exchange(turn, next), next);
    };
    co_await executor_.map(start, files, {.limit = 64, .progress = &amounts_.files});
  }

 private:
  /// Hashes one of many at a time, and prints it when it is its turn.
  mtaio::Task<void> print_sum(Path path, Turn turn, Turn next) {
    std::string sum;
    std::exception_ptr error;
    try {
      auto hashing = executor_.run_in_thread(sha256_of, path, std::ref(amounts_));
      sum = co_await executor_.run(std::move(hashing), {.timeout = 1h});
    } catch (const mtaio::Error&) {
      error = std::current_exception();
    }
    co_await turn->wait();
    console_.report(path, sum, error);
    if (console_.wants_flush()) co_await executor_.run_in_thread(&Console::flush, &console_);
    next->count_down();
  }

  Console& console_;
  Amounts amounts_;
  mtaio::TaskExecutor executor_;
};

int main(int argc, char** argv) {
  const Interrupt interrupt;  // before there are other threads
  Console console;
  HashTree tree{console};
  try {
    auto printing = tree.print_sums(argc > 1 ? argv[1] : "/usr/include");
    mtaio::run(mtaio::with_stop_token(interrupt.token(), std::move(printing)));
  } catch (...) {
    console.complain(reason(std::current_exception()));
  }
  console.finish();
  return interrupt.signal() != 0 ? 128 + interrupt.signal() : int{console.failed()};
}
