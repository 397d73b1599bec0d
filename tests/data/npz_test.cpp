#include "data/npz.h"

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <limits>

#include <gmock/gmock.h>

#include "data/files.h"
#include "data/load.h"
#include "data/source.h"
#include "data/temporary.h"

namespace thalweg::data::npz_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string npy(const std::string& shape, const std::vector<float>& values) {
  const std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': " + shape + ", }\n";
  std::string bytes = "\x93NUMPY";
  bytes += {'\x01', '\0', static_cast<char>(header.size()), '\0'};
  return bytes + header + std::string(reinterpret_cast<const char*>(values.data()), values.size() * 4);
}

std::string deflated(const std::string& bytes) {
  const std::string packed = gzip(bytes);
  return packed.substr(10, packed.size() - 18);  // without gzip's header and its checksum and size
}

template <class T>
std::string raw(std::size_t value) {
  const auto number = static_cast<T>(value);
  return {reinterpret_cast<const char*>(&number), sizeof number};
}

/// A member, with what its entry may lie about.
struct Member {
  explicit Member(std::string its_name, const std::string& bytes, bool deflate = false)
      : name(std::move(its_name)),
        packed(deflate ? deflated(bytes) : bytes),
        size(bytes.size()),
        packed_size(packed.size()),
        checksum(crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size())),
        method(deflate ? 8 : 0) {}
  std::string name, packed;
  std::size_t size, packed_size, checksum, method, flags = 0;
  std::optional<std::size_t> at{};
};

std::string zip(const std::vector<Member>& members) {
  std::string bytes, directory;
  for (const Member& m : members) {
    const std::string same = raw<std::uint16_t>(20) + raw<std::uint16_t>(m.flags) +
                             raw<std::uint16_t>(m.method) + raw<std::uint32_t>(0) +
                             raw<std::uint32_t>(m.checksum) + raw<std::uint32_t>(m.packed_size) +
                             raw<std::uint32_t>(m.size) + raw<std::uint16_t>(m.name.size());
    directory += "PK\x01\x02" + raw<std::uint16_t>(20) + same + std::string(12, '\0') +
                 raw<std::uint32_t>(m.at.value_or(bytes.size())) + m.name;
    bytes += "PK\x03\x04" + same + raw<std::uint16_t>(3) + m.name + "abc" + m.packed;
  }
  const std::size_t count = members.size(), at = bytes.size();
  return bytes + directory + "PK\x05\x06" + std::string(4, '\0') + raw<std::uint16_t>(count) +
         raw<std::uint16_t>(count) + raw<std::uint32_t>(directory.size()) + raw<std::uint32_t>(at) +
         raw<std::uint16_t>(2) + "hi";
}

struct Npz : ::testing::Test {
  static std::vector<NamedArray> read(const std::vector<Member>& members) {
    return parse_npz("a.npz", zip(members));
  }
  std::string error(const std::string& bytes) {
    return error_of(folder, [&] { static_cast<void>(parse_npz("a.npz", bytes)); });
  }
  std::string error(const Member& member) { return error(zip({member})); }
  Table table(const std::vector<Member>& members, const std::string& label = "") {
    return read_npy_table(folder.file("a.npz", zip(members)), label);
  }
  std::string table_error(const std::vector<Member>& members, const std::string& label = "") {
    return error_of(folder, [&] { static_cast<void>(table(members, label)); });
  }
  TemporaryFolder folder;
  const std::string x = npy("(2, 2)", {1, 2, 3, 4}), y = npy("(2,)", {7, 8});
};

TEST_F(Npz, ReadsStoredAndDeflatedMembers) {
  const auto arrays = read({Member("x.npy", x), Member("of/y.npy", y, true)});
  ASSERT_EQ(arrays.size(), 2U);
  EXPECT_EQ(arrays[0].name, "x");
  EXPECT_THAT(arrays[0].array.shape, ElementsAre(2, 2));
  EXPECT_THAT(std::get<0>(arrays[0].array.values), ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(arrays[1].name, "of/y");
  EXPECT_THAT(std::get<0>(arrays[1].array.values), ElementsAre(7, 8));
  EXPECT_TRUE(read({}).empty());
  EXPECT_TRUE(is_zip(zip({})));
}

TEST_F(Npz, RefusesWhatIsBroken) {
  const std::string intact = "; expected an intact .npz file, which is a ZIP archive of .npy files";
  const std::string whole = zip({Member("x.npy", x, true)});
  EXPECT_EQ(error(whole.substr(0, whole.size() - 22)),
            "a.npz: found a ZIP archive without its end: it is cut off" + intact);
  EXPECT_EQ(error(""), "a.npz: found a ZIP archive without its end: it is cut off" + intact);
  // The directory begins where it ends, behind itself, and lacks an entry.
  std::string changed = whole;
  changed[changed.size() - 8] = '\xFF';
  EXPECT_THAT(error(changed), HasSubstr(" bytes at byte "));
  changed = whole;
  changed[changed.size() - 14] = changed[changed.size() - 16] = 2;
  EXPECT_EQ(error(changed), "a.npz: found a directory that ends at its entry 2 of 2" + intact);
  changed = whole;
  changed[changed.size() - 16] = 2;
  EXPECT_EQ(error(changed), "a.npz: found one part of an archive of several" + intact);
  Member member("x.npy", x, true);
  member.at = 5;
  EXPECT_EQ(error(member), "a.npz, array 'x': found no member at byte 5" + intact);
  member = Member("x.npy", x);
  member.packed_size = member.size = 5000;
  EXPECT_THAT(error(member), AllOf(HasSubstr("array 'x': found "), HasSubstr(" bytes of 5000" + intact)));
  member = Member("x.npy", x);
  member.size = 100;
  EXPECT_THAT(error(member), HasSubstr(" bytes for 100" + intact));
  for (const int more : {-1, 1}) {
    member = Member("x.npy", x, true);
    member.size += static_cast<std::size_t>(more);
    EXPECT_EQ(error(member), "a.npz, array 'x': found a deflate stream that is broken or not of " +
                                 std::to_string(x.size() + static_cast<std::size_t>(more)) + " bytes" +
                                 intact);
  }
  member = Member("x.npy", x, true);
  member.packed[10] ^= 0x55;
  EXPECT_THAT(error(member), HasSubstr("found a deflate stream that is broken or not"));
  member = Member("x.npy", x);
  member.checksum ^= 1U;
  EXPECT_EQ(error(member), "a.npz, array 'x': found numbers that do not have their checksum" + intact);
}

TEST_F(Npz, RefusesWhatItDoesNotRead) {
  Member member("x.npy", x);
  member.flags = 1;
  EXPECT_EQ(error(member), "a.npz, array 'x': found an encrypted member; expected one that is not");
  member = Member("x.npy", x);
  member.method = 12;
  EXPECT_EQ(error(member),
            "a.npz, array 'x': found the compression method 12; expected 0 (stored) or 8 (deflated)");
  EXPECT_EQ(error(Member("x.txt", x)), "a.npz: found a member 'x.txt'; expected NAME.npy");
  EXPECT_EQ(error(zip({Member("x.npy", x), Member("x.npy", y)})),
            "a.npz: found two arrays 'x'; expected each name once");
  EXPECT_EQ(
      error(Member("x.npy", "text")),
      "a.npz, array 'x': found another kind of file; expected a .npy file, which starts with \\x93NUMPY");
  member = Member("x.npy", x);
  member.size = 0xFFFFFFFF;
  EXPECT_EQ(error(member),
            "a.npz: found a ZIP64 archive; expected one of less than 4 GiB; .npy files may be larger");
}

// Sizes that are declared are not believed, and what is small unpacks to 64 MiB at most, however it is
// packed: many members may share the same bytes.
TEST_F(Npz, RefusesBombs) {
  const std::string limit =
      " bytes that unpack to over 67108864; expected at most 64 MiB or a hundred times "
      "its size: unpack it yourself if it is meant so";
  Member member("x.npy", x, true);
  member.size = 0xFFFFFFF0;
  EXPECT_EQ(error(member), "a.npz: found " + std::to_string(zip({member}).size()) + limit);
  std::vector<Member> many;
  for (int i = 0; i < 65; ++i) {
    many.emplace_back(std::to_string(i) + ".npy", "", true);
    many.back().size = std::size_t{1} << 20U;
    many.back().at = 0;
  }
  EXPECT_EQ(error(zip(many)), "a.npz: found " + std::to_string(zip(many).size()) + limit);
}

TEST_F(Npz, IsADataSet) {
  Table t = table({Member("y.npy", y), Member("x.npy", x)});
  EXPECT_THAT(t.label, ElementsAre("7", "8"));
  EXPECT_THAT(std::get<DenseMatrix>(t.features).values, ElementsAre(1, 2, 3, 4));
  t = table({Member("only.npy", x)});
  EXPECT_THAT(t.label, ElementsAre("2", "4"));
  t = table({Member("only.npy", x)}, "1");
  EXPECT_THAT(t.label, ElementsAre("1", "3"));
  const std::vector<Member> three{Member("X.npy", x), Member("a.npy", npy("(2, 1)", {5, 6})),
                                  Member("b.npy", y)};
  EXPECT_THAT(table(three, "a").label, ElementsAre("5", "6"));
  EXPECT_EQ(table_error(three),
            "a.npz: found the arrays X (2 x 2), a (2 x 1), b (2); expected one array beside the features, or "
            "the name of the labels");
  EXPECT_EQ(
      table_error({Member("p.npy", x), Member("q.npy", x)}),
      "a.npz: found the arrays p (2 x 2), q (2 x 2); expected one array of 2 dimensions, or one of them "
      "named x, X, data or features");
  EXPECT_EQ(table_error({}),
            "a.npz: found no arrays; expected one array of 2 dimensions, or one of them named x, X, data or "
            "features");
  EXPECT_EQ(table_error({Member("x.npy", x), Member("y.npy", npy("(3,)", {1, 2, 3}))}),
            "a.npz, array 'y': found 3 labels; expected one for each of the 2 rows of data");
  const Loaded loaded = load(folder.file("b.npz", zip({Member("y.npy", y), Member("x.npy", x)})));
  EXPECT_EQ(loaded.data.rows(), 2U);
}

TEST_F(Npz, PredictsFromArraysWithAndWithoutLabels) {
  const std::string both = folder.file("both.npz", zip({Member("x.npy", x), Member("y.npy", y)}));
  KnownColumns known;
  known.count = 2;
  EXPECT_THAT(read_npy_table(both, known).label, ElementsAre("7", "8"));
  known.labels = Labels::ignored;
  EXPECT_TRUE(read_npy_table(both, known).label.empty());
  known.labels = Labels::read;
  EXPECT_TRUE(read_npy_table(folder.file("x.npz", zip({Member("x.npy", x)})), known).label.empty());
}

// A gzip file that is held in memory: 64 MiB are always allowed, then a hundred times its size.
TEST_F(Npz, GzipBombsEndWithAnErrorToo) {
  const std::string bomb = gzip(std::string((std::size_t{64} << 20U) + 1, '\0'));
  EXPECT_EQ(error_of(folder, [&] { static_cast<void>(read_file(folder.file("bomb.gz", bomb))); }),
            "bomb.gz: found " + std::to_string(bomb.size()) +
                " bytes that unpack to over 67108864; expected at most 64 MiB or a hundred times its size: "
                "unpack it yourself if it is meant so");
  const std::string large = gzip(std::string(std::size_t{64} << 20U, '\0'));
  EXPECT_EQ(read_file(folder.file("large.gz", large)).size(), std::size_t{64} << 20U);
  EXPECT_EQ(unpacked_limit(1 << 20U), std::size_t{100} << 20U);
  const std::string plain = folder.file("plain", "");
  std::filesystem::resize_file(plain, (std::size_t{64} << 20U) + 1);
  EXPECT_EQ(read_file(plain).size(), (std::size_t{64} << 20U) + 1) << "of what is not packed there is none";
  // A stream holds a piece of it at a time, whatever it unpacks to.
  Source stream(folder.file("bomb.gz", bomb));
  std::string piece(1U << 20U, '\0');
  std::size_t all = 0;
  while (const std::size_t got = stream.read(piece.data(), piece.size())) all += got;
  EXPECT_EQ(all, (std::size_t{64} << 20U) + 1);
}

}  // namespace
}  // namespace thalweg::data::npz_test
