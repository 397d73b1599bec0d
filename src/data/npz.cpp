#include "data/npz.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <new>

#include <zlib.h>

#include <thalweg/error.h>

#include "data/source.h"
#include "data/text.h"

namespace thalweg::data {
namespace {

// PKWARE's APPNOTE.TXT 6.3.10, sections 4.3.7 (what stands before a member), 4.3.12 (its entry in the
// directory) and 4.3.16 (the end).
constexpr std::size_t local_size = 30, entry_size = 46, end_size = 22, longest_comment = 65535;
constexpr std::string_view local_mark("PK\x03\x04"), entry_mark("PK\x01\x02"), end_mark("PK\x05\x06");
constexpr std::uint32_t elsewhere = 0xFFFFFFFF;  ///< a size or place that stands in a ZIP64 field

template <class T>
std::size_t number(std::string_view bytes, std::size_t at) {
  T value = 0;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}
std::size_t two(std::string_view bytes, std::size_t at) { return number<std::uint16_t>(bytes, at); }
std::size_t four(std::string_view bytes, std::size_t at) { return number<std::uint32_t>(bytes, at); }

struct Member {
  std::string name;
  std::size_t flags, method, checksum, packed, size, at;
};

Error broken(const std::string& path, const std::string& what) {
  return input_error(path, what, "an intact .npz file, which is a ZIP archive of .npy files");
}

/// The directory's bytes, and how many entries it has.
std::string_view directory_of(const std::string& path, std::string_view bytes, std::size_t& count) {
  const std::size_t from =
      bytes.size() < end_size + longest_comment ? 0 : bytes.size() - end_size - longest_comment;
  const std::size_t found = bytes.substr(from).rfind(end_mark);
  if (found == bytes.npos || bytes.size() - (from + found) < end_size)
    throw broken(path, "a ZIP archive without its end: it is cut off");
  const std::string_view end = bytes.substr(from + found);
  count = two(end, 10);
  const std::size_t size = four(end, 12), at = four(end, 16);
  if (two(end, 4) != 0 || two(end, 8) != count) throw broken(path, "one part of an archive of several");
  if (at == elsewhere || count == 0xFFFF)
    throw input_error(path, "a ZIP64 archive", "one of less than 4 GiB; .npy files may be larger");
  if (at > from + found || size > from + found - at)
    throw broken(path, "a directory of " + std::to_string(size) + " bytes at byte " + std::to_string(at) +
                           ", behind its end");
  return bytes.substr(at, size);
}

std::vector<Member> members_of(const std::string& path, std::string_view bytes) {
  std::size_t count = 0;
  std::string_view directory = directory_of(path, bytes, count);
  std::vector<Member> members;
  for (std::size_t i = 0; i < count; ++i) {
    const bool whole = directory.size() >= entry_size && directory.substr(0, 4) == entry_mark;
    const std::size_t name = whole ? two(directory, 28) : 0;
    const std::size_t all = whole ? entry_size + name + two(directory, 30) + two(directory, 32) : 0;
    if (!whole || directory.size() < all)
      throw broken(path, "a directory that ends at its entry " + std::to_string(i + 1) + " of " +
                             std::to_string(count));
    members.push_back({std::string(directory.substr(entry_size, name)), two(directory, 8), two(directory, 10),
                       four(directory, 16), four(directory, 20), four(directory, 24), four(directory, 42)});
    directory.remove_prefix(all);
  }
  return members;
}

/// The bytes of a member as they lie in the archive.
std::string_view packed_bytes(const std::string& where, std::string_view bytes, const Member& member) {
  if (bytes.size() < local_size || member.at > bytes.size() - local_size ||
      bytes.substr(member.at, 4) != local_mark)
    throw broken(where, "no member at byte " + std::to_string(member.at));
  const std::string_view rest = bytes.substr(member.at);
  const std::size_t head = local_size + two(rest, 26) + two(rest, 28);
  if (head > rest.size() || member.packed > rest.size() - head)
    throw broken(where, std::to_string(rest.size() - std::min(head, rest.size())) + " bytes of " +
                            std::to_string(member.packed));
  return rest.substr(head, member.packed);
}

/// Unpacks a deflate stream that must have just this size.
std::string inflated(const std::string& where, std::string_view packed, std::size_t size) {
  z_stream stream{};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) throw std::bad_alloc();
  std::string result(size + 1, '\0');  // one more, so that a longer one is seen
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(result.data());
  stream.avail_out = static_cast<uInt>(result.size());
  const int state = inflate(&stream, Z_FINISH);
  const std::size_t got = result.size() - stream.avail_out;
  inflateEnd(&stream);
  if (state == Z_MEM_ERROR) throw std::bad_alloc();
  if (state != Z_STREAM_END || got != size)
    throw broken(where, "a deflate stream that is broken or not of " + std::to_string(size) + " bytes");
  result.resize(size);
  return result;
}

NpyArray read_member(const std::string& where, std::string_view bytes, const Member& member) {
  constexpr std::size_t stored = 0, deflated = 8, encrypted = 1;
  if ((member.flags & encrypted) != 0) throw input_error(where, "an encrypted member", "one that is not");
  if (member.method != stored && member.method != deflated)
    throw input_error(where, "the compression method " + std::to_string(member.method),
                      "0 (stored) or 8 (deflated)");
  const std::string_view packed = packed_bytes(where, bytes, member);
  if (member.method == stored && member.size != packed.size())
    throw broken(where, std::to_string(packed.size()) + " bytes for " + std::to_string(member.size));
  const std::string unpacked = member.method == stored ? std::string() : inflated(where, packed, member.size);
  const std::string_view npy = member.method == stored ? packed : std::string_view(unpacked);
  const uLong checksum = crc32_z(0, reinterpret_cast<const Bytef*>(npy.data()), npy.size());
  if (checksum != member.checksum) throw broken(where, "numbers that do not have their checksum");
  return parse_npy(where, npy);
}

}  // namespace

bool is_zip(std::string_view bytes) {
  return bytes.substr(0, local_mark.size()) == local_mark || bytes.substr(0, end_mark.size()) == end_mark;
}

std::vector<NamedArray> parse_npz(const std::string& path, std::string_view bytes) {
  constexpr std::string_view extension = ".npy";
  const std::vector<Member> members = members_of(path, bytes);
  std::size_t size = 0;
  for (const Member& member : members) {
    if (member.size == elsewhere || member.packed == elsewhere || member.at == elsewhere)
      throw input_error(path, "a ZIP64 archive", "one of less than 4 GiB; .npy files may be larger");
    size += member.size;
  }
  if (size > unpacked_limit(bytes.size())) throw unpacks_to_too_much(path, bytes.size());
  std::vector<NamedArray> arrays;
  for (const Member& member : members) {
    std::string name = member.name;
    if (name.size() <= extension.size() || !name.ends_with(extension))
      throw input_error(path, "a member " + shown(name), "NAME.npy");
    name.resize(name.size() - extension.size());
    const auto same = [&](const NamedArray& other) { return other.name == name; };
    if (std::any_of(arrays.begin(), arrays.end(), same))
      throw input_error(path, "two arrays " + shown(name), "each name once");
    arrays.push_back({name, read_member(path + ", array " + shown(name), bytes, member)});
  }
  return arrays;
}

}  // namespace thalweg::data
