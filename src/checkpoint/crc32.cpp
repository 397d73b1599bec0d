#include "checkpoint/crc32.h"

#include <array>
#include <cstring>

namespace thalweg::checkpoint {
namespace {

/// tables[k][b]: what byte b does to the remainder when k bytes follow it.
using Tables = std::array<std::array<std::uint32_t, 256>, 8>;

constexpr Tables make_tables() {
  Tables tables{};
  for (std::uint32_t b = 0; b < 256; ++b) {
    std::uint32_t r = b;
    for (int bit = 0; bit < 8; ++bit) r = (r >> 1U) ^ ((r & 1U) != 0 ? 0xEDB88320U : 0U);
    tables[0][b] = r;
  }
  for (std::size_t k = 1; k < tables.size(); ++k) {
    for (std::size_t b = 0; b < 256; ++b)
      tables[k][b] = (tables[k - 1][b] >> 8U) ^ tables[0][tables[k - 1][b] & 0xFFU];
  }
  return tables;
}

constexpr Tables tables = make_tables();

}  // namespace

std::uint32_t crc32(std::string_view bytes, std::uint32_t before) {
  std::uint32_t r = ~before;
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; left -= 8, at += 8) {  // eight bytes at once: their tables are looked up side by side
    std::array<std::uint32_t, 2> words{};
    std::memcpy(words.data(), at, 8);
    words[0] ^= r;
    r = 0;
    for (std::size_t k = 0; k < 8; ++k) r ^= tables[7 - k][words[k / 4] >> (8 * (k % 4)) & 0xFFU];
  }
  for (; left > 0; --left, ++at) r = (r >> 8U) ^ tables[0][(r ^ static_cast<unsigned char>(*at)) & 0xFFU];
  return ~r;
}

}  // namespace thalweg::checkpoint
