/// Prints the SHA-256 of every file below a folder, as sha256sum does, and at the end how many
/// files it has read and how fast.
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

constexpr int kFilesAtATime = 64;

/// Runs in a thread, because reading blocks. A file may be huge, so it asks its token whether to
/// stop.
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
    co_await executor_.map(start, files, {.limit = kFilesAtATime, .progress = &amounts_.files});
  }

  [[nodiscard]] const Amounts& amounts() const { return amounts_; }

 private:
  /// Hashes one file, and prints its sum after those of the files before it.
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
  const Interrupt interrupt;  // must be made before other threads start
  const auto start = std::chrono::steady_clock::now();
  Console console;
  HashTree tree{console};
  try {
    auto printing = tree.print_sums(argc > 1 ? argv[1] : "/usr/include");
    mtaio::run(mtaio::with_stop_token(interrupt.token(), std::move(printing)));
  } catch (...) {
    console.complain(reason(std::current_exception()));
  }
  console.finish();
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
  console.show(summary_line(tree.amounts(), passed.count(), kFilesAtATime, console.failures()));
  if (interrupt.signal() != 0) return 128 + interrupt.signal();
  return console.failures() == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
