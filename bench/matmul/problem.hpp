/// C = A * B for square matrices, by halving down to small blocks: tasks that compute.
#pragma once

#include <array>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

namespace bench {

inline constexpr std::size_t kBlock = 16;

/// A square part of a matrix.
struct Square {
  float* first;
  std::size_t size;
  std::size_t stride;

  [[nodiscard]] bool is_block() const { return size == kBlock; }
  /// One of the four quarters.
  [[nodiscard]] Square quarter(std::size_t row, std::size_t column) const {
    const std::size_t half = size / 2;
    return {first + row * half * stride + column * half, half, stride};
  }
};

/// One step: c += a * b.
struct Product {
  Square a;
  Square b;
  Square c;

  [[nodiscard]] bool is_block() const { return a.is_block(); }
  /// The step that adds to a quarter of c what comes of half a row of a and half a column of b.
  [[nodiscard]] Product part(std::size_t row, std::size_t column, std::size_t half) const {
    return {a.quarter(row, half), b.quarter(half, column), c.quarter(row, column)};
  }
};

/// The step for blocks. Not inlined: the same machine code for every library.
[[gnu::noinline]] inline void multiply_block(const Product& product) {
  const auto [a, b, c] = product;
  for (std::size_t i = 0; i < kBlock; ++i) {
    std::array<float, kBlock> row{};
    for (std::size_t k = 0; k < kBlock; ++k) {
      const float factor = a.first[i * a.stride + k];
      for (std::size_t j = 0; j < kBlock; ++j) row[j] += factor * b.first[k * b.stride + j];
    }
    for (std::size_t j = 0; j < kBlock; ++j) c.first[i * c.stride + j] += row[j];
  }
}

/// The matrices, filled with small integers, so that sums are exact in any order.
class Matrices {
 public:
  /// `size` is a power of two, and at least a block.
  explicit Matrices(std::size_t size) : size_{size}, a_(size * size), b_(a_), c_(a_) {
    if (size < kBlock || (size & (size - 1)) != 0) {
      std::fputs("matmul: n has to be a power of two, 16 at least.\n", stderr);
      std::exit(2);
    }
    std::minstd_rand random{42};
    for (float& element : a_) element = static_cast<float>(random() % 8);
    for (float& element : b_) element = static_cast<float>(random() % 8);
  }

  [[nodiscard]] Product product() { return {square(a_), square(b_), square(c_)}; }

  /// Whether C * v == A * (B * v) for a vector v of small integers.
  [[nodiscard]] bool right() const {
    std::vector<double> v(size_);
    for (std::size_t i = 0; i < size_; ++i) v[i] = static_cast<double>(i % 7 + 1);
    return times(c_, v) == times(a_, times(b_, v));
  }

 private:
  [[nodiscard]] Square square(std::vector<float>& matrix) const {
    return {matrix.data(), size_, size_};
  }
  [[nodiscard]] std::vector<double> times(const std::vector<float>& matrix,
                                          const std::vector<double>& v) const {
    std::vector<double> result(size_);
    for (std::size_t i = 0; i < size_; ++i) {
      for (std::size_t j = 0; j < size_; ++j) {
        result[i] += static_cast<double>(matrix[i * size_ + j]) * v[j];
      }
    }
    return result;
  }

  std::size_t size_;
  std::vector<float> a_;
  std::vector<float> b_;
  std::vector<float> c_;
};

}  // namespace bench
