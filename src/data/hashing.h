#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "data/dataset.h"
#include "data/libsvm_line.h"

namespace thalweg::data {

/// How keys that are text become columns (feature hashing: Weinberger et al., "Feature Hashing for Large
/// Scale Multitask Learning", ICML 2009).
struct Hashing {
  unsigned bits = 18;        ///< there are 2^bits columns; 1 to 31
  std::uint32_t seed = 0;    ///< of the hash
  bool with_sign = false;    ///< values get the sign of another bit, so that what collides cancels on average
  bool numbers_too = false;  ///< INDEX:VALUE is text as well, instead of column INDEX - 1
};

/// MurmurHash3 (x86, 32 bits; Austin Appleby) of the bytes of a text: the same on every machine.
[[nodiscard]] std::uint32_t murmur3(std::string_view text, std::uint32_t seed);

/// The column of a key, murmur3(key, seed) modulo 2^bits, and the sign of its values: negative where they
/// have one and the highest bit of the hash is set.
struct HashedKey {
  std::uint32_t column;
  float sign;
};
[[nodiscard]] HashedKey hashed_key(std::string_view key, const Hashing& hashing);

/// Throws a usage Error unless `hashing` is as documented.
void check_hashing(const Hashing& hashing);

/// Reads lines whose features are words: `WORD`, which counts 1, or `KEY:VALUE` with any key; the value
/// stands behind the last colon. A key that is a whole number is an index from 1, as in LIBSVM, unless
/// numbers are hashed too; a word without a value never is. Keys may come in any order and again: values that
/// fall into one column are added up in the order of the line, and sums of 0 are not stored. A `#` that
/// stands by itself, or begins a line, begins a comment; "#tag" behind a label is a word.
class HashedLines {
 public:
  explicit HashedLines(const Hashing& hashing);

  /// What read_libsvm_line() does, for a line (of what take_line() gives) that is no comment.
  std::string_view read(std::string_view line, SparseMatrix& matrix, const LinePlace& place);
  /// Reads the words behind `label`, which may be nothing at the line's start, as a row.
  void read_words(std::string_view line, std::string_view label, SparseMatrix& matrix,
                  const LinePlace& place);

 private:
  struct Feature {
    std::uint32_t column, order;
    float value;
  };
  Feature read_token(std::string_view token, const LinePlace& place) const;
  void add_row(SparseMatrix& matrix, const LinePlace& place);

  Hashing hashing_;
  std::vector<Feature> features_;  ///< of one line
};

}  // namespace thalweg::data
