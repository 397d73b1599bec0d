// The generated pages in docs/ are what the command writes now.

#include <filesystem>
#include <set>

#include "program.h"

namespace thalweg::test::docs_test {
namespace {

namespace fs = std::filesystem;

std::set<std::string> pages(const fs::path& folder) {
  std::set<std::string> found;
  for (const auto& entry : fs::directory_iterator(folder)) found.insert(entry.path().filename());
  return found;
}

TEST(Docs, AreUpToDate) {
  const data::TemporaryFolder folder;
  const fs::path fresh = folder.path(), kept = fs::path(THALWEG_SOURCE) / "docs";
  ASSERT_EQ(thalweg({"docs", "--output", folder.path()}).code, 0);
  EXPECT_EQ(pages(fresh), (std::set<std::string>{"optimizers", "schedules.md", "transforms.md"}));
  EXPECT_EQ(pages(fresh / "optimizers"), pages(kept / "optimizers")) << "run scripts/make-docs";
  for (const auto& entry : fs::recursive_directory_iterator(fresh)) {
    if (!entry.is_regular_file()) continue;
    const fs::path name = fs::relative(entry.path(), fresh);
    EXPECT_EQ(file_text((kept / name).string()), file_text(entry.path().string()))
        << name << " is not what the code says: run scripts/make-docs";
  }
}

TEST(Docs, AreNotInTheListOfCommands) {
  EXPECT_THAT(thalweg({"--help"}).out, ::testing::Not(::testing::HasSubstr("\n  docs")));
}

}  // namespace
}  // namespace thalweg::test::docs_test
