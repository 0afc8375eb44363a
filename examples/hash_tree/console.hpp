/// The output of the program: sums on standard output; errors, a progress bar and a summary on
/// standard error.
#pragma once

#include <mtaio/core.hpp>

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <exception>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

/// A file name as sha256sum writes it: line breaks and backslashes are escaped.
inline std::string escaped(std::string_view name) {
  std::string text;
  for (const char c : name) {
    if (c == '\\') {
      text += "\\\\";
    } else if (c == '\n') {
      text += "\\n";
    } else if (c == '\r') {
      text += "\\r";
    } else {
      text += c;
    }
  }
  return text;
}

/// The message of an exception, or of its cause if it has one.
inline std::string reason(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const mtaio::ExecutionError& failed) {
    return reason(failed.cause());
  } catch (const mtaio::CancelledError&) {
    return "interrupted";
  } catch (const std::exception& other) {
    return other.what();
  }
}

class Console {
 public:
  // write() reports a closed pipe as an error instead.
  Console() { std::signal(SIGPIPE, SIG_IGN); }

  /// Prints the sum of a file, or says why it has none. One call at a time.
  void report(const std::filesystem::path& file, std::string_view sum, std::exception_ptr error) {
    if (error) {
      complain(file, reason(error));
      return;
    }
    const std::string name = escaped(file.native());
    if (name != file.native()) lines_ += '\\';
    lines_.append(sum).append("  ").append(name).append("\n");
  }
  /// Whether it is time to call `flush()`.
  [[nodiscard]] bool wants_flush() const { return lines_.size() >= (out_is_terminal_ ? 1 : 65536); }
  /// Writes the lines reported so far. If that fails it drops them and throws `std::system_error`.
  void flush() {
    const std::string lines = std::exchange(lines_, {});
    if (lines.empty()) return;
    if (out_is_terminal_) write(STDOUT_FILENO, kEraseLine, "standard output");
    write(STDOUT_FILENO, lines, "standard output");
  }
  /// Flushes at the end of the program: complains instead of throwing.
  void finish() {
    try {
      flush();
    } catch (const std::system_error& error) {
      complain(error.what());
    }
  }

  /// Writes what went wrong to standard error. Any thread.
  void complain(std::string_view what) {
    ++failures_;
    show("hash_tree: " + std::string{what} + "\n");
  }
  void complain(const std::filesystem::path& file, std::string_view why) {
    complain(escaped(file.native()) + ": " + std::string{why});
  }
  /// How many things went wrong.
  [[nodiscard]] std::size_t failures() const { return failures_; }

  /// Whether standard error is a terminal, which can show a progress bar.
  [[nodiscard]] bool has_terminal() const { return error_is_terminal_; }
  /// Writes to standard error, over the progress bar. Any thread.
  void show(std::string_view text) {
    std::string line{error_is_terminal_ ? kEraseLine : ""};
    try {
      write(STDERR_FILENO, line.append(text), "standard error");
    } catch (const std::system_error&) {
      ++failures_;  // only the exit status can still report it
    }
  }

 private:
  static constexpr std::string_view kEraseLine = "\r\033[K";

  static void write(int descriptor, std::string_view text, const char* name) {
    while (!text.empty()) {
      const ssize_t written = ::write(descriptor, text.data(), text.size());
      if (written < 0) throw std::system_error{errno, std::generic_category(), name};
      text.remove_prefix(static_cast<std::size_t>(written));
    }
  }

  const bool out_is_terminal_ = isatty(STDOUT_FILENO) == 1;
  const bool error_is_terminal_ = isatty(STDERR_FILENO) == 1;
  std::string lines_;
  std::atomic<std::size_t> failures_{0};
};
