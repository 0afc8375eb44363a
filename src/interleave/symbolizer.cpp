#include "interleave/symbolizer.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <utility>

namespace mtaio::testing::interleave {

namespace {

/// Tries one after the other; each answers an address with the address, then a line for each
/// function and a line for the place in it.
constexpr const char* kCommand =
    "for program in llvm-symbolizer-19 llvm-symbolizer; do"
    "  command -v $program > /dev/null &&"
    "    exec $program --output-style=GNU -a -f -i -C -e \"$1\" 2> /dev/null;"
    " done;"
    " exec addr2line -a -f -i -C -e \"$1\" 2> /dev/null";

bool is_address(const std::string& line) { return line.starts_with("0x"); }

}  // namespace

void Symbolizer::start() {
  std::array<int, 2> to_child{};
  std::array<int, 2> from_child{};
  if (::pipe2(to_child.data(), O_CLOEXEC) != 0 || ::pipe2(from_child.data(), O_CLOEXEC) != 0)
    return;
  posix_spawn_file_actions_t actions{};
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, to_child[0], STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, from_child[1], STDOUT_FILENO);
  std::string shell = "sh";
  std::string option = "-c";
  std::string command = kCommand;
  std::string file = "/proc/" + std::to_string(::getpid()) + "/exe";
  std::array<char*, 6> arguments{shell.data(), option.data(), command.data(),
                                 shell.data(), file.data(),   nullptr};
  const int error = ::posix_spawn(&child_, "/bin/sh", &actions, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(to_child[0]);
  ::close(from_child[1]);
  questions_ = ::fdopen(to_child[1], "w");
  answers_ = ::fdopen(from_child[0], "r");
  if (error != 0) child_ = 0;
}

Symbolizer::~Symbolizer() {
  if (questions_ == nullptr) return;
  static_cast<void>(std::fclose(questions_));
  static_cast<void>(std::fclose(answers_));
  if (child_ != 0) ::waitpid(child_, nullptr, 0);
}

std::string Symbolizer::read_line() {
  std::string line;
  for (int c = std::fgetc(answers_); c != EOF && c != '\n'; c = std::fgetc(answers_))
    line += static_cast<char>(c);
  return line;
}

std::vector<Frame> Symbolizer::frames_at(std::uintptr_t address) {
  if (questions_ == nullptr) start();
  if (child_ == 0) return {};
  // The answer to a second question shows where the answer to the first ends.
  if (std::fprintf(questions_, "0x%zx\n0xffffffffffff0000\n", address) < 0 ||
      std::fflush(questions_) != 0)
    return {};
  std::vector<Frame> frames;
  if (!is_address(read_line())) return frames;
  while (true) {
    std::string function = read_line();
    if (function.empty()) return frames;
    std::string place = read_line();
    if (is_address(function)) break;
    frames.push_back({.function = std::move(function), .line = std::move(place)});
  }
  // Of the second answer, the address and one more line are read.
  static_cast<void>(read_line());
  return frames;
}

}  // namespace mtaio::testing::interleave
