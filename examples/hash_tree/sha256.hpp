/// SHA-256, by OpenSSL's libcrypto.
#pragma once

#include <openssl/evp.h>

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>

class Sha256 {
 public:
  Sha256() { check(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr)); }

  void update(std::span<const std::byte> data) {
    check(EVP_DigestUpdate(context_.get(), data.data(), data.size()));
  }

  /// The sum of all data given to `update()`, in hexadecimal. May be called once.
  std::string finish() {
    std::array<unsigned char, 32> sum{};
    check(EVP_DigestFinal_ex(context_.get(), sum.data(), nullptr));
    std::string text;
    for (const unsigned byte : sum) {
      text += "0123456789abcdef"[byte / 16];
      text += "0123456789abcdef"[byte % 16];
    }
    return text;
  }

 private:
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };

  static void check(int success) {
    if (success != 1) throw std::runtime_error{"libcrypto does not provide SHA-256"};
  }

  std::unique_ptr<EVP_MD_CTX, Free> context_{EVP_MD_CTX_new()};
};
