// The examples in tests/fuzz/corpus, each fed to its target: seeds, and what the fuzzers found.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "targets.h"

namespace thalweg::fuzz::corpus_test {
namespace {

const std::string corpus = std::string(THALWEG_SOURCE) + "/tests/fuzz/corpus";

std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

TEST(Corpus, HasExamplesForEveryTargetAndNoOthers) {
  std::vector<std::string> known;
  for (const Target& target : targets()) known.push_back(target.name);
  EXPECT_THAT(names_in(corpus), ::testing::UnorderedElementsAreArray(known));
}

class Examples : public ::testing::TestWithParam<Target> {};

/// A target ends the program where a promise is broken.
TEST_P(Examples, AreReadOrRefusedAsPromised) {
  const std::vector<std::string> names = names_in(corpus + "/" + GetParam().name);
  ASSERT_FALSE(names.empty());
  for (const std::string& name : names) {
    SCOPED_TRACE(name);
    std::ifstream file(corpus + "/" + GetParam().name + "/" + name, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    GetParam().run(bytes);
    for (const std::size_t cut : {bytes.size() / 2, bytes.size() - bytes.size() / 8})
      GetParam().run(std::string_view(bytes).substr(0, cut));
  }
}

INSTANTIATE_TEST_SUITE_P(Fuzz, Examples, ::testing::ValuesIn(targets()),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace thalweg::fuzz::corpus_test
