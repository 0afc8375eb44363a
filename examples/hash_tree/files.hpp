/// The files below a folder, and their contents.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <iterator>
#include <memory>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

/// The regular files below a folder, in the order in which the system lists them: a single-pass
/// range, which looks for the next file only when it is advanced. It does not follow symbolic
/// links. It skips each entry that it cannot read, and passes the reason to `complain`.
class FileWalk {
 public:
  using Complain = std::function<void(const std::filesystem::path&, const std::error_code&)>;

  class Iterator {
   public:
    using value_type = std::filesystem::directory_entry;
    using difference_type = std::ptrdiff_t;

    explicit Iterator(FileWalk& walk) : walk_{&walk} { walk.advance(); }
    const value_type& operator*() const { return walk_->file_; }
    Iterator& operator++() {
      walk_->advance();
      return *this;
    }
    void operator++(int) { walk_->advance(); }
    bool operator==(std::default_sentinel_t) const { return walk_->folders_.empty(); }

   private:
    FileWalk* walk_;
  };

  FileWalk(const std::filesystem::path& folder, Complain complain)
      : complain_{std::move(complain)} {
    enter(folder);
  }
  Iterator begin() { return Iterator{*this}; }
  [[nodiscard]] std::default_sentinel_t end() const { return {}; }

 private:
  void enter(const std::filesystem::path& folder) {
    std::error_code error;
    folders_.emplace_back(folder, error);
    if (error) complain_(folder, error);
  }

  void advance() {
    while (!folders_.empty()) {
      auto& folder = folders_.back();
      if (folder == std::filesystem::directory_iterator{}) {
        folders_.pop_back();
        continue;
      }
      file_ = *folder;
      std::error_code error;
      folder.increment(error);
      if (error) complain_(file_.path().parent_path(), error);
      if (file_.is_symlink(error)) continue;
      if (file_.is_regular_file(error)) return;
      if (file_.is_directory(error)) enter(file_.path());
      if (error) complain_(file_.path(), error);
    }
  }

  Complain complain_;
  // Each iterator points to the next entry of its folder. The innermost folder is the last.
  std::vector<std::filesystem::directory_iterator> folders_;
  std::filesystem::directory_entry file_;
};

/// A file open for reading. Throws `std::system_error` when it cannot be read.
class InputFile {
 public:
  explicit InputFile(const std::filesystem::path& path)
      // O_NONBLOCK: if the file has become a pipe since the walk found it, this must not wait for a
      // writer.
      : descriptor_{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)} {
    check(descriptor_);
  }
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;
  ~InputFile() { ::close(descriptor_); }

  /// The next part of the file; empty at its end. Valid until the next call.
  std::span<const std::byte> read() {
    const ssize_t size = ::read(descriptor_, buffer_.get(), kBufferSize);
    check(size);
    return {buffer_.get(), static_cast<std::size_t>(size)};
  }

 private:
  static void check(ssize_t result) {
    if (result < 0) throw std::system_error{errno, std::generic_category()};
  }

  static constexpr std::size_t kBufferSize = 65536;

  int descriptor_;
  std::unique_ptr<std::byte[]> buffer_ = std::make_unique_for_overwrite<std::byte[]>(kBufferSize);
};
