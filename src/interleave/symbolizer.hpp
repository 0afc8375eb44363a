/// The program that knows which code is from which line.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

namespace mtaio::testing::interleave {

/// A function and the line in it, as in "/path/deque.hpp:120".
struct Frame {
  std::string function;
  std::string line;
};

/// llvm-symbolizer or addr2line, asked about the program that runs. It is started by the first
/// question, and answers until this process ends.
class Symbolizer {
 public:
  Symbolizer() = default;
  Symbolizer(const Symbolizer&) = delete;
  Symbolizer& operator=(const Symbolizer&) = delete;
  ~Symbolizer();

  /// The function at an address in the file, and those that it was inlined into, the innermost
  /// first. Empty if neither program is there.
  [[nodiscard]] std::vector<Frame> frames_at(std::uintptr_t address);

 private:
  void start();
  [[nodiscard]] std::string read_line();

  pid_t child_ = 0;
  std::FILE* questions_ = nullptr;
  std::FILE* answers_ = nullptr;
};

}  // namespace mtaio::testing::interleave
