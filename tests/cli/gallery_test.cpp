// The commands of docs/gallery/README.md draw what is shown there.

#include <algorithm>

#include "program.h"

namespace thalweg::test::gallery_test {
namespace {

/// The words of a line as a shell splits it; of quotes it knows the double ones.
Words split(const std::string& line) {
  Words words;
  bool inside = false, open = false;
  for (const char c : line) {
    if (c == ' ' && !open) {
      inside = false;
      continue;
    }
    if (!inside) words.emplace_back();
    inside = true;
    if (c == '"')
      open = !open;
    else
      words.back() += c;
  }
  return words;
}

/// The words of a picture without their digits, and how many shapes there are: the last bits of a path may
/// differ between processors.
std::string skeleton(const std::string& svg) {
  std::string text;
  for (std::size_t at = svg.find('>'); at != std::string::npos; at = svg.find('>', at + 1)) {
    const std::size_t end = svg.find('<', at);
    if (end == std::string::npos) break;
    const std::string words = svg.substr(at + 1, end - at - 1);
    if (words.find_first_not_of(" \n") != std::string::npos) text += words + "\n";
  }
  std::erase_if(text, [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
  for (const char* shape : {"<path", "<circle", "<line"}) {
    std::size_t count = 0;
    for (std::size_t at = svg.find(shape); at != std::string::npos; at = svg.find(shape, at + 1)) ++count;
    text += std::string(shape) + " " + std::to_string(count) + "\n";
  }
  return text;
}

TEST(Gallery, IsDrawnByItsCommands) {
  const std::string folder = std::string(THALWEG_SOURCE) + "/docs/gallery/";
  std::size_t drawn = 0;
  for (const std::string& line : lines_of(file_text(folder + "README.md"))) {
    if (line.rfind("./run surface ", 0) != 0) continue;
    Words words = split(line.substr(6));
    const data::TemporaryFolder made;
    const std::string name = words.back();
    words.back() = made.path() + "/" + name;
    words.emplace_back("--quiet");
    const Output output = thalweg(words);
    ASSERT_EQ(output.code, 0) << line << "\n" << output.err;
    EXPECT_EQ(skeleton(file_text(made.path() + "/" + name)), skeleton(file_text(folder + name))) << line;
    ++drawn;
  }
  EXPECT_GE(drawn, 15U);
}

}  // namespace
}  // namespace thalweg::test::gallery_test
