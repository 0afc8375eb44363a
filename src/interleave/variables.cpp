#include "interleave/variables.hpp"

#include <cxxabi.h>
#include <elf.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <vector>

namespace mtaio::testing::interleave {

namespace {

/// A file of the machine's own kind, which has been loaded: it is taken to be well-formed.
class ElfFile {
 public:
  explicit ElfFile(const char* path) : file_{path, std::ios::binary} {
    const auto headers = read<Elf64_Ehdr>(0, sizeof(Elf64_Ehdr));
    if (!headers.empty())
      sections_ =
          read<Elf64_Shdr>(headers.front().e_shoff, headers.front().e_shnum * sizeof(Elf64_Shdr));
  }

  [[nodiscard]] const std::vector<Elf64_Shdr>& sections() const noexcept { return sections_; }

  template <typename Entry>
  [[nodiscard]] std::vector<Entry> read(const Elf64_Shdr& section) {
    return read<Entry>(section.sh_offset, section.sh_size);
  }

 private:
  /// Empty if the file ends before.
  template <typename Entry>
  std::vector<Entry> read(std::uint64_t offset, std::uint64_t bytes) {
    std::vector<Entry> entries(bytes / sizeof(Entry));
    file_.seekg(static_cast<std::streamoff>(offset));
    file_.read(reinterpret_cast<char*>(entries.data()), static_cast<std::streamsize>(bytes));
    if (!file_) entries.clear();
    return entries;
  }

  std::ifstream file_;
  std::vector<Elf64_Shdr> sections_;
};

std::string demangled(std::string symbol) {
  // The compiler appends ".0" to a variable of which it keeps only a part.
  symbol.resize(std::min(symbol.find('.'), symbol.size()));
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> name{
      abi::__cxa_demangle(symbol.c_str(), nullptr, nullptr, &status), &std::free};
  return name == nullptr ? symbol : name.get();
}

}  // namespace

Variables::Variables() {
  ElfFile file{"/proc/self/exe"};
  for (const Elf64_Shdr& section : file.sections()) {
    if (section.sh_type != SHT_SYMTAB || section.sh_link >= file.sections().size()) continue;
    std::vector<char> names = file.read<char>(file.sections()[section.sh_link]);
    names.push_back('\0');
    for (const Elf64_Sym& symbol : file.read<Elf64_Sym>(section)) {
      const bool is_variable = ELF64_ST_TYPE(symbol.st_info) == STT_OBJECT &&
                               symbol.st_shndx != SHN_UNDEF && symbol.st_size > 0;
      if (is_variable && symbol.st_name < names.size())
        all_.try_emplace(symbol.st_value,
                         Variable{.symbol = &names[symbol.st_name], .size = symbol.st_size});
    }
  }
}

std::optional<VariablePart> Variables::at(std::uintptr_t address) const {
  auto after = all_.upper_bound(address);
  if (after == all_.begin()) return std::nullopt;
  const auto& [begin, variable] = *--after;
  if (address - begin >= variable.size) return std::nullopt;
  return VariablePart{
      .name = demangled(variable.symbol), .byte = address - begin, .size = variable.size};
}

}  // namespace mtaio::testing::interleave
