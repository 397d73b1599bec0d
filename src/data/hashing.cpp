#include "data/hashing.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <tuple>

#include <thalweg/error.h>

#include "data/number.h"
#include "data/text.h"

namespace thalweg::data {
namespace {

std::uint32_t four_bytes(const char* p) {
  std::uint32_t word = 0;
  for (unsigned i = 0; i < 4; ++i)
    word |= static_cast<std::uint32_t>(static_cast<unsigned char>(p[i])) << (8 * i);
  return word;
}

std::uint32_t scrambled(std::uint32_t word) { return std::rotl(word * 0xcc9e2d51U, 15) * 0x1b873593U; }

}  // namespace

std::uint32_t murmur3(std::string_view text, std::uint32_t seed) {
  std::uint32_t hash = seed;
  const char* p = text.data();
  const char* const end = p + text.size();
  for (; end - p >= 4; p += 4) hash = std::rotl(hash ^ scrambled(four_bytes(p)), 13) * 5 + 0xe6546b64U;
  std::uint32_t rest = 0;
  for (unsigned i = 0; p != end; ++i, ++p)
    rest |= static_cast<std::uint32_t>(static_cast<unsigned char>(*p)) << (8 * i);
  hash ^= scrambled(rest);  // of 0, where there is none, nothing comes
  hash ^= static_cast<std::uint32_t>(text.size());
  hash = (hash ^ (hash >> 16U)) * 0x85ebca6bU;
  hash = (hash ^ (hash >> 13U)) * 0xc2b2ae35U;
  return hash ^ (hash >> 16U);
}

HashedKey hashed_key(std::string_view key, const Hashing& hashing) {
  const std::uint32_t hash = murmur3(key, hashing.seed);
  return {hash & ((std::uint32_t{1} << hashing.bits) - 1),
          hashing.with_sign && (hash >> 31U) != 0 ? -1.0F : 1.0F};
}

void check_hashing(const Hashing& hashing) {
  if (hashing.bits < 1 || hashing.bits > 31)
    throw usage_error("bits", std::to_string(hashing.bits), "must be from 1 to 31 (2^bits columns)");
}

HashedLines::HashedLines(const Hashing& hashing) : hashing_(hashing) { check_hashing(hashing); }

HashedLines::Feature HashedLines::read_token(std::string_view token, const LinePlace& place) const {
  const std::size_t colon = token.rfind(':');
  const std::string_view key = token.substr(0, colon);
  if (key.empty()) {
    throw input_error(place_text(place), shown(token), "WORD, or KEY:VALUE with a key before the colon");
  }
  float value = 1;
  bool number = false;
  if (colon != token.npos) {
    const std::string_view written = token.substr(colon + 1);
    const char* const end = token.data() + token.size();
    if (read_float(written.data(), place.readable, value) != end) {
      if (const char* accepted = parse_float(written, value)) {
        throw input_error(
            place_text(place), shown(written) + " as the value of " + shown(key),
            std::string(accepted) + " (a word with a colon in it is written with :1 behind it)");
      }
    }
    number = !hashing_.numbers_too &&
             std::all_of(key.begin(), key.end(), [](char c) { return c >= '0' && c <= '9'; });
  }
  const auto order = static_cast<std::uint32_t>(features_.size());
  if (!number) {
    const HashedKey hashed = hashed_key(key, hashing_);
    return {hashed.column, order, hashed.sign * value};
  }
  std::uint64_t index = 0;
  const std::uint64_t most = std::uint64_t{1} << hashing_.bits;
  const auto [stop, error] = std::from_chars(key.data(), key.data() + key.size(), index);
  if (error != std::errc() || index > most) {
    throw input_error(place_text(place), "the index in " + shown(token),
                      "an index of at most 2^" + std::to_string(hashing_.bits) + " = " +
                          std::to_string(most) + " (numbers can be hashed too)");
  }
  if (index == 0) {
    throw input_error(place_text(place), "index 0 in " + shown(token),
                      "indices from 1 (add 1 to every index)");
  }
  return {static_cast<std::uint32_t>(index - 1), order, value};
}

void HashedLines::add_row(SparseMatrix& matrix, const LinePlace& place) {
  const auto before = [](const Feature& a, const Feature& b) {
    return std::tie(a.column, a.order) < std::tie(b.column, b.order);
  };
  std::sort(features_.begin(), features_.end(), before);
  for (std::size_t i = 0; i < features_.size();) {
    const std::uint32_t column = features_[i].column;
    float sum = features_[i].value;
    for (++i; i < features_.size() && features_[i].column == column; ++i) sum += features_[i].value;
    if (!std::isfinite(sum)) {
      throw input_error(place_text(place),
                        "values of column " + std::to_string(column + 1) + " that add up to infinity",
                        "sums of at most 3.4e38 in size");
    }
    if (sum == 0) continue;
    matrix.column.push_back(column);
    matrix.value.push_back(sum);
  }
  matrix.columns = std::size_t{1} << hashing_.bits;
  matrix.row_begin.push_back(matrix.value.size());
  ++matrix.rows;
}

std::string_view HashedLines::read(std::string_view line, SparseMatrix& matrix, const LinePlace& place) {
  const std::string_view label = libsvm_label(line, place);
  check_libsvm_label(label, place);
  read_words(line, label, matrix, place);
  return label;
}

void HashedLines::read_words(std::string_view line, std::string_view label, SparseMatrix& matrix,
                             const LinePlace& place) {
  const char* const end = line.data() + line.size();
  features_.clear();
  for (const char* p = label.data() + label.size(); p != end;) {
    if (is_libsvm_blank(*p)) {
      ++p;
      continue;
    }
    const std::string_view token = token_from(p, end);
    if (token == "#") break;
    features_.push_back(read_token(token, place));
    p += token.size();
  }
  add_row(matrix, place);
}

}  // namespace thalweg::data
