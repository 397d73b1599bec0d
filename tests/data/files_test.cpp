#include "data/files.h"

#include <array>
#include <csignal>

#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "data/temporary.h"
#include "data/text.h"

namespace {
std::string synced;  ///< what fsync() was called for: f, a file; d, a folder
}  // namespace

/// In place of the system's, so that a test sees what is synced.
extern "C" int fsync(int descriptor) {
  struct stat status {};
  ::fstat(descriptor, &status);
  synced += S_ISDIR(status.st_mode) ? 'd' : 'f';
  return static_cast<int>(::syscall(SYS_fsync, descriptor));
}

namespace thalweg::data::files_test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

std::string noise(std::size_t size) {
  std::string bytes(size, '\0');
  unsigned state = 1;
  for (char& c : bytes) c = static_cast<char>((state = state * 1664525U + 1013904223U) >> 24U);
  return bytes;
}

std::size_t files_in(const std::string& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

struct Files : ::testing::Test {
  std::string read_error(const std::string& path) {
    return error_of(folder, [&] { static_cast<void>(read_file(path)); });
  }
  std::string write_error(const std::string& path) {
    return error_of(folder, [&] { write_file(path, "new"); });
  }
  TemporaryFolder folder;
};

TEST_F(Files, ReadsPlainAndGzipByContent) {
  const std::string bytes = noise(100'000) + std::string(1'000'000, 'a');
  EXPECT_EQ(read_file(folder.file("plain.gz", bytes)), bytes);
  EXPECT_EQ(read_file(folder.file("packed.txt", gzip(bytes))), bytes);
  EXPECT_EQ(read_file(folder.file("two.gz", gzip("one, ") + gzip("two"))), "one, two");
  EXPECT_EQ(read_file(folder.file("padded.gz", gzip("one") + std::string(10, '\0'))), "one");
  EXPECT_EQ(read_file(folder.file("empty", "")), "");
  EXPECT_EQ(read_file(folder.file("packed-empty", gzip(""))), "");
}

TEST_F(Files, RefusesGzipThatIsCutOffOrBroken) {
  const std::string packed = gzip(noise(10'000));
  for (const std::size_t length : {std::size_t{2}, std::size_t{9}, std::size_t{5000}, packed.size() - 1}) {
    EXPECT_EQ(read_error(folder.file("cut.gz", packed.substr(0, length))),
              "cut.gz: found a gzip stream that is cut off after " + std::to_string(length) +
                  " bytes; expected an intact gzip file");
  }
  std::string broken = packed;
  broken[packed.size() - 6] = static_cast<char>(broken[packed.size() - 6] ^ 1);
  EXPECT_THAT(read_error(folder.file("broken.gz", broken)),
              HasSubstr("broken.gz: found a broken gzip stream at byte "));
}

TEST_F(Files, NamesTheNearestWhereNothingIs) {
  folder.file("digits.csv", "");
  EXPECT_EQ(read_error(folder.path() + "/digts.csv"),
            "digts.csv: found no such file; expected an existing file or folder: did you mean 'digits.csv'?");
  EXPECT_EQ(read_error(folder.path() + "/zzz"),
            "zzz: found no such file; expected an existing file or folder");
  EXPECT_THAT(read_error(folder.path() + "/none/a.csv"), HasSubstr("none/a.csv: found no folder '"));
  EXPECT_EQ(error_of(folder, [&] { static_cast<void>(read_file(folder.path())); }),
            folder.path() + ": found a folder; expected a file");
}

TEST_F(Files, WritesWholeFilesAndLeavesNothingBeside) {
  const std::string path = folder.path() + "/out";
  write_file(path, noise(3000));
  EXPECT_EQ(read_file(path), noise(3000));
  write_file(path, "short");
  EXPECT_EQ(read_file(path), "short");
  EXPECT_EQ(files_in(folder.path()), 1);
}

TEST_F(Files, SyncsTheFileAndThenItsFolder) {
  synced.clear();
  write_file(folder.path() + "/out", "new");
  EXPECT_EQ(synced, "fd");
}

TEST_F(Files, WritesPiecesOneAfterTheOther) {
  const std::array<std::string_view, 3> pieces{"one, ", "", "two"};
  write_file(folder.path() + "/out", pieces);
  EXPECT_EQ(read_file(folder.path() + "/out"), "one, two");
}

TEST_F(Files, TellsBeforehandWhatCannotBeWritten) {
  const auto check_error = [&](const std::string& path) {
    return error_of(folder, [&] { check_writable(path); });
  };
  const std::string path = folder.file("out", "old");
  EXPECT_EQ(check_error(path), "no error");
  EXPECT_EQ(check_error(folder.path() + "/new"), "no error");
  EXPECT_EQ(read_file(path), "old");
  EXPECT_EQ(files_in(folder.path()), 1);
  EXPECT_EQ(check_error("/dev/null"), "no error");
  for (const std::string& bad : {folder.path() + "/none/out", folder.path(), path + "/out"})
    EXPECT_EQ(check_error(bad), error_of(folder, [&] { write_file(bad, "new"); }));
  EXPECT_THAT(check_error(path + "/out"), HasSubstr("out/out: found no folder '"));
}

TEST_F(Files, KeepsPermissionsAndFollowsLinks) {
  const std::string path = folder.file("out", "old"), link = folder.path() + "/link";
  fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
  fs::create_symlink("out", link);
  write_file(link, "new");
  EXPECT_TRUE(fs::is_symlink(link));
  EXPECT_EQ(read_file(path), "new");
  EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  const mode_t mask = ::umask(022);
  write_file(folder.path() + "/fresh", "new");
  ::umask(mask);
  EXPECT_EQ(static_cast<unsigned>(fs::status(folder.path() + "/fresh").permissions()), 0644U);
}

TEST_F(Files, WritesToADeviceDirectly) {
  write_file("/dev/null", "gone");
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

TEST_F(Files, SaysWhyItCannotWrite) {
  EXPECT_THAT(write_error(folder.path() + "/none/out"), HasSubstr("none/out: found no folder '"));
  EXPECT_EQ(error_of(folder, [&] { write_file(folder.path(), "new"); }),
            folder.path() + ": found a folder; expected a file that can be written");
}

TEST_F(Files, LeavesTheOldFileWhenTheNewOneDoesNotFit) {
  const std::string path = folder.file("out", "old");
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit small{1000, before.rlim_max};
  auto* const handler = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const std::string message = error_of(folder, [&] { write_file(path, noise(5000)); });
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(message,
            "out: found that it cannot be written (File too large); expected a path that can be written");
  EXPECT_EQ(read_file(path), "old");
  EXPECT_EQ(files_in(folder.path()), 1);
}

TEST(Text, SortsNamesNaturally) {
  EXPECT_TRUE(natural_less("class_2", "class_10"));
  EXPECT_FALSE(natural_less("class_10", "class_2"));
  EXPECT_TRUE(natural_less("a", "b"));
  EXPECT_TRUE(natural_less("a", "a1"));
  EXPECT_TRUE(natural_less("a2b3", "a2b12"));
  EXPECT_TRUE(natural_less("a01", "a1") != natural_less("a1", "a01"));
  EXPECT_FALSE(natural_less("same", "same"));
}

TEST(Text, ShowsTextOnOneLine) {
  EXPECT_EQ(shown("a\nb\x01"), "'a?b?'");
  EXPECT_EQ(shown(std::string(50, 'x')), "'" + std::string(40, 'x') + "...'");
}

TEST(Text, ParsesFloatsAsTheyAreWritten) {
  float value = 1;
  EXPECT_EQ(parse_float("0.1", value), nullptr);
  EXPECT_EQ(value, 0.1F);
  // Rounded once: by way of double this would become 1 + 2^-23.
  EXPECT_EQ(parse_float("1.000000059604644775390626", value), nullptr);
  EXPECT_EQ(value, 1.00000011920928955F);
  EXPECT_EQ(parse_float("1.000000059604644775390624", value), nullptr);
  EXPECT_EQ(value, 1.0F);
  EXPECT_STREQ(parse_float(std::string(400, '9'), value), "a number of at most 3.4e38 in size");
  EXPECT_EQ(parse_float("0." + std::string(400, '0') + "1", value), nullptr);
  EXPECT_EQ(value, 0);
  for (const char* bad : {"", "+", "+-1", "1 2", "1,5", "0x1", "e5", "--1"}) {
    EXPECT_STREQ(parse_float(bad, value), "a number") << bad;
  }
}

}  // namespace
}  // namespace thalweg::data::files_test
