// libFuzzer's entry; THALWEG_FUZZ_TARGET says what is fuzzed.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "targets.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t count) {
  static const thalweg::fuzz::Target& target = thalweg::fuzz::target(THALWEG_FUZZ_TARGET);
  target.run({reinterpret_cast<const char*>(bytes), count});
  return 0;
}
