/// C = A * B for square matrices, halved down to small blocks: tasks that compute.
#pragma once

#include <array>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

namespace bench {

inline constexpr std::size_t kBlock = 16;

/// A square part of a matrix: its quarters are stored one after another, down to blocks, which are
/// stored by rows. With whole rows, which are 8 KiB apart, the elements of a block would compete
/// for so few cache lines that the benchmark would measure nothing else.
struct Square {
  float* first;
  std::size_t size;

  [[nodiscard]] bool is_block() const { return size == kBlock; }
  [[nodiscard]] Square quarter(std::size_t row, std::size_t column) const {
    const std::size_t half = size / 2;
    return {first + (2 * row + column) * half * half, half};
  }
};

/// One step: c += a * b.
struct Product {
  Square a;
  Square b;
  Square c;

  [[nodiscard]] bool is_block() const { return a.is_block(); }
  /// The step that adds a product of quarters of a and b to a quarter of c.
  [[nodiscard]] Product part(std::size_t row, std::size_t column, std::size_t half) const {
    return {a.quarter(row, half), b.quarter(half, column), c.quarter(row, column)};
  }
};

/// The step for blocks. Not inlined, so that every library runs the same machine code.
[[gnu::noinline]] inline void multiply_block(const Product& product) {
  const auto [a, b, c] = product;
  for (std::size_t i = 0; i < kBlock; ++i) {
    std::array<float, kBlock> row{};
    for (std::size_t k = 0; k < kBlock; ++k) {
      const float factor = a.first[i * kBlock + k];
      for (std::size_t j = 0; j < kBlock; ++j) row[j] += factor * b.first[k * kBlock + j];
    }
    for (std::size_t j = 0; j < kBlock; ++j) c.first[i * kBlock + j] += row[j];
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
  [[nodiscard]] bool right() {
    std::vector<double> v(size_);
    for (std::size_t i = 0; i < size_; ++i) v[i] = static_cast<double>(i % 7 + 1);
    return times(c_, v) == times(a_, times(b_, v));
  }

 private:
  [[nodiscard]] Square square(std::vector<float>& matrix) const { return {matrix.data(), size_}; }
  [[nodiscard]] std::vector<double> times(std::vector<float>& matrix,
                                          const std::vector<double>& v) const {
    std::vector<double> result(size_);
    add_times(square(matrix), v.data(), result.data());
    return result;
  }
  /// result += matrix * v
  static void add_times(Square matrix, const double* v, double* result) {
    if (matrix.is_block()) {
      for (std::size_t i = 0; i < kBlock; ++i) {
        for (std::size_t j = 0; j < kBlock; ++j) {
          result[i] += static_cast<double>(matrix.first[i * kBlock + j]) * v[j];
        }
      }
      return;
    }
    const std::size_t half = matrix.size / 2;
    for (std::size_t row = 0; row < 2; ++row) {
      for (std::size_t column = 0; column < 2; ++column) {
        add_times(matrix.quarter(row, column), v + column * half, result + row * half);
      }
    }
  }

  std::size_t size_;
  std::vector<float> a_;
  std::vector<float> b_;
  std::vector<float> c_;
};

}  // namespace bench
