#include "data/hashing.h"

#include <gmock/gmock.h>

#include "data/stream.h"
#include "data/temporary.h"

namespace thalweg::data::hashing_test {
namespace {

using ::testing::ElementsAre;

// Values that other implementations of MurmurHash3_x86_32 give.
TEST(Hashing, IsMurmur3) {
  EXPECT_EQ(murmur3("", 0), 0U);
  EXPECT_EQ(murmur3("", 1), 0x514E28B7U);
  EXPECT_EQ(murmur3("", 0xffffffffU), 0x81F16F39U);
  EXPECT_EQ(murmur3("\xff\xff\xff\xff", 0), 0x76293B50U);
  EXPECT_EQ(murmur3("!Ce\x87", 0), 0xF55B516BU);
  EXPECT_EQ(murmur3("!Ce\x87", 0x5082EDEEU), 0x2362F9DEU);
  EXPECT_EQ(murmur3("!Ce", 0), 0x7E4A8634U);
  EXPECT_EQ(murmur3("!C", 0), 0xA0F7B07AU);
  EXPECT_EQ(murmur3("!", 0), 0x72661CF4U);
  EXPECT_EQ(murmur3("aaaa", 0x9747b28cU), 0x5A97808AU);
  EXPECT_EQ(murmur3("Hello, world!", 0x9747b28cU), 0x24884CBAU);
  EXPECT_EQ(murmur3("The quick brown fox jumps over the lazy dog", 0x9747b28cU), 0x2FA826CDU);
}

TEST(Hashing, TakesTheLowBitsAndTheHighestForTheSign) {
  EXPECT_EQ(hashed_key("!Ce", {.bits = 8}).column, 0x34U);
  EXPECT_EQ(hashed_key("!Ce", {.bits = 31}).column, 0x7E4A8634U);
  EXPECT_EQ(hashed_key("!Ce", {.bits = 8, .with_sign = true}).sign, 1);
  EXPECT_EQ(hashed_key("!C", {.bits = 8}).sign, 1);
  EXPECT_EQ(hashed_key("!C", {.bits = 8, .with_sign = true}).sign, -1);
}

struct HashedText : ::testing::Test {
  SparseBatch read(const std::string& text, const Hashing& hashing) {
    StreamOptions options;
    options.hashing = hashing;
    SparseStream stream(folder.file("a.txt", text), options);
    SparseBatch batch;
    static_cast<void>(stream.next(batch, 100));
    return batch;
  }
  std::string error(const std::string& text, const Hashing& hashing = {}) {
    return error_of(folder, [&] { static_cast<void>(read(text, hashing)); });
  }
  /// The value in the column of a key, or 0.
  static float at(const SparseMatrix& m, std::size_t row, std::size_t column) {
    for (std::size_t i = m.row_begin[row]; i < m.row_begin[row + 1]; ++i)
      if (m.column[i] == column) return m.value[i];
    return 0;
  }
  TemporaryFolder folder;
};

TEST_F(HashedText, ReadsWordsAndKeysWithValuesInAnyOrder) {
  const Hashing hashing{.bits = 20, .seed = 7};
  const SparseBatch batch = read(
      "# a comment\n1 the cat price:2.5 the # the rest\n\n-1 user:alice:3 #tag c# 4:1.5 2:1 4\n0\n", hashing);
  const SparseMatrix& m = batch.features;
  const auto column = [&](const char* key) { return hashed_key(key, hashing).column; };
  EXPECT_EQ(m.rows, 3U);
  EXPECT_EQ(m.columns, std::size_t{1} << 20U);
  EXPECT_THAT(batch.target, ElementsAre(1, -1, 0));
  EXPECT_THAT(batch.line, ElementsAre(2, 4, 5));
  EXPECT_THAT(m.row_begin, ElementsAre(0, 3, 9, 9));
  EXPECT_EQ(at(m, 0, column("the")), 2);
  EXPECT_EQ(at(m, 0, column("cat")), 1);
  EXPECT_EQ(at(m, 0, column("price")), 2.5F);
  EXPECT_EQ(at(m, 1, column("user:alice")), 3);
  EXPECT_EQ(at(m, 1, column("#tag")), 1);
  EXPECT_EQ(at(m, 1, column("c#")), 1);
  EXPECT_EQ(at(m, 1, 3), 1.5F);  // an index stays where it is,
  EXPECT_EQ(at(m, 1, 1), 1);
  EXPECT_EQ(at(m, 1, column("4")), 1);  // but a word is a word
  for (std::size_t row = 0; row < m.rows; ++row) {
    for (std::size_t i = m.row_begin[row] + 1; i < m.row_begin[row + 1]; ++i)
      EXPECT_LT(m.column[i - 1], m.column[i]);
  }
}

TEST_F(HashedText, HashesNumbersWhereAsked) {
  const Hashing hashing{.bits = 20, .numbers_too = true};
  const SparseBatch batch = read("1 4:1.5 0:2\n", hashing);
  EXPECT_EQ(at(batch.features, 0, hashed_key("4", hashing).column), 1.5F);
  EXPECT_EQ(at(batch.features, 0, hashed_key("0", hashing).column), 2);
}

TEST_F(HashedText, AddsUpWhatCollidesAndStoresNoZeros) {
  const SparseBatch batch = read("1 a b c d e f g:0\n1 x:1 x:-1\n", {.bits = 1});
  float sum = 0;
  for (const float value : batch.features.value) sum += value;
  EXPECT_EQ(sum, 6);
  EXPECT_LE(batch.features.value.size(), 2U);
  EXPECT_EQ(batch.features.row_begin[2], batch.features.row_begin[1]);
  // "!C" has the sign, "!Ce" has not.
  const SparseBatch with_sign = read("1 !C:2 !Ce:3\n", {.bits = 20, .with_sign = true});
  EXPECT_EQ(at(with_sign.features, 0, 0xA0F7B07AU & 0xfffffU), -2);
  EXPECT_EQ(at(with_sign.features, 0, 0x7E4A8634U & 0xfffffU), 3);
}

TEST_F(HashedText, RefusesWhatIsNoFeature) {
  EXPECT_EQ(error("1 a:x\n"),
            "a.txt:1: found 'x' as the value of 'a'; expected a number (a word with a colon in it is written "
            "with :1 behind it)");
  EXPECT_EQ(error("1 ok\n1 :3\n"),
            "a.txt:2: found ':3'; expected WORD, or KEY:VALUE with a key before the colon");
  EXPECT_EQ(error("1 a:nan\n").substr(0, 48), "a.txt:1: found 'nan' as the value of 'a'; expect");
  EXPECT_EQ(error("1 0:1\n"),
            "a.txt:1: found index 0 in '0:1'; expected indices from 1 (add 1 to every index)");
  EXPECT_EQ(
      error("1 9:1\n", {.bits = 3}),
      "a.txt:1: found the index in '9:1'; expected an index of at most 2^3 = 8 (numbers can be hashed too)");
  EXPECT_EQ(error("1 8:1\n", {.bits = 3}), "no error");
  EXPECT_EQ(
      error("spam a\n"),
      "a.txt:1: found 'spam' as the label; expected a number (-1 or +1, 0 or 1, a class number or a value)");
  EXPECT_EQ(error("1 a:3e38 a:3e38\n", {.bits = 3}).substr(0, 31), "a.txt:1: found values of column");
  EXPECT_EQ(error("1 a\n", {.bits = 0}), "bits = 0: must be from 1 to 31 (2^bits columns)");
  EXPECT_EQ(error("1 a\n", {.bits = 32}), "bits = 32: must be from 1 to 31 (2^bits columns)");
}

}  // namespace
}  // namespace thalweg::data::hashing_test
