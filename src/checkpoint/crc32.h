#pragma once

#include <cstdint>
#include <string_view>

namespace thalweg::checkpoint {

/// CRC-32 as zlib, gzip and PNG have it (reflected polynomial EDB88320). `before`: of the bytes in front.
[[nodiscard]] std::uint32_t crc32(std::string_view bytes, std::uint32_t before = 0);

}  // namespace thalweg::checkpoint
