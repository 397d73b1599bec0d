// libFuzzer's entries. The option --target=NAME says what is fuzzed; its own options begin with one dash.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "targets.h"

namespace {

const thalweg::fuzz::Target* target = nullptr;

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* count, char*** arguments) {
  constexpr std::string_view option = "--target=";
  for (int i = 1; i < *count; ++i) {
    const std::string_view argument = (*arguments)[i];
    if (argument.substr(0, option.size()) == option)
      target = &thalweg::fuzz::target(argument.substr(option.size()));
  }
  if (target != nullptr) return 0;
  std::fputs("--target=NAME is needed: a folder of tests/fuzz/corpus\n", stderr);
  std::exit(2);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t count) {
  target->run({reinterpret_cast<const char*>(bytes), count});
  return 0;
}
