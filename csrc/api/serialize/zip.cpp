#include "api/serialize/zip.h"

#include <array>
#include <limits>

#include "c10/errors.h"

namespace tiny_torch::frontend::serialize {
namespace {

constexpr uint32_t kLocalHeader = 0x04034b50, kDirectoryHeader = 0x02014b50, kEnd = 0x06054b50;
constexpr uint32_t kEnd64 = 0x06064b50, kEnd64Locator = 0x07064b50;
constexpr size_t kLocalSize = 30, kDirectorySize = 46, kEndSize = 22;
constexpr uint32_t kFull32 = 0xffffffff;

uint32_t crc32(const void* data, size_t size) {
  static const std::array<uint32_t, 256> table = [] {
    std::array<uint32_t, 256> t{};
    for (uint32_t i = 0; i < 256; ++i) {
      uint32_t c = i;
      for (int k = 0; k < 8; ++k) c = (c & 1) != 0 ? 0xedb88320 ^ (c >> 1) : c >> 1;
      t[i] = c;
    }
    return t;
  }();
  uint32_t crc = kFull32;
  const auto* bytes = static_cast<const uint8_t*>(data);
  for (size_t i = 0; i < size; ++i) crc = table[(crc ^ bytes[i]) & 0xff] ^ (crc >> 8);
  return ~crc;
}

/// Appends `value` in little-endian order.
template <class T>
void put(std::string& out, T value) {
  for (size_t i = 0; i < sizeof(T); ++i) out.push_back(static_cast<char>(value >> (8 * i)));
}

template <class T>
T get(std::string_view file, uint64_t at) {
  TORCH_CHECK(at <= file.size() && file.size() - at >= sizeof(T), "zip archive: unexpected end of file");
  T value = 0;
  for (size_t i = 0; i < sizeof(T); ++i)
    value |= static_cast<T>(static_cast<T>(static_cast<uint8_t>(file[at + i])) << (8 * i));
  return value;
}

/// The fields that a local header and a directory entry share, from "version needed" to the lengths.
void put_common(std::string& out, uint32_t crc, uint32_t size, size_t name, size_t extra) {
  put<uint16_t>(out, 20);
  put<uint16_t>(out, 0);         // flags
  put<uint16_t>(out, 0);         // stored
  put<uint32_t>(out, 0x210000);  // 1980-01-01
  put(out, crc);
  put(out, size);
  put(out, size);
  put(out, static_cast<uint16_t>(name));
  put(out, static_cast<uint16_t>(extra));
}

}  // namespace

void ZipWriter::add(const std::string& name, const void* data, size_t size) {
  const size_t start = file_.size();
  TORCH_CHECK(size < kFull32 - start - name.size() - 256 && records_ < std::numeric_limits<uint16_t>::max(),
              "save(): an archive of more than 4 GiB or 65535 records cannot be written");
  const uint32_t crc = crc32(data, size);
  // An extra field of at least its own 4-byte header fills up to the next multiple of 64.
  const size_t unpadded = start + kLocalSize + name.size() + 4;
  const size_t padding = (64 - unpadded % 64) % 64;
  put(file_, kLocalHeader);
  put_common(file_, crc, static_cast<uint32_t>(size), name.size(), 4 + padding);
  file_ += name;
  file_ += "FB";
  put(file_, static_cast<uint16_t>(padding));
  file_.append(padding, 'Z');
  file_.append(static_cast<const char*>(data), size);

  put(directory_, kDirectoryHeader);
  put<uint16_t>(directory_, 20);
  put_common(directory_, crc, static_cast<uint32_t>(size), name.size(), 0);
  put<uint16_t>(directory_, 0);  // comment
  put<uint16_t>(directory_, 0);  // disk
  put<uint16_t>(directory_, 0);  // internal attributes
  put<uint32_t>(directory_, 0);  // external attributes
  put(directory_, static_cast<uint32_t>(start));
  directory_ += name;
  ++records_;
}

std::string ZipWriter::finish() {
  const size_t start = file_.size();
  TORCH_CHECK(directory_.size() < kFull32 - start, "save(): an archive of more than 4 GiB cannot be written");
  file_ += directory_;
  put(file_, kEnd);
  put<uint16_t>(file_, 0);
  put<uint16_t>(file_, 0);
  put(file_, records_);
  put(file_, records_);
  put(file_, static_cast<uint32_t>(directory_.size()));
  put(file_, static_cast<uint32_t>(start));
  put<uint16_t>(file_, 0);
  return std::move(file_);
}

ZipReader::ZipReader(std::string_view file) : file_(file) {
  TORCH_CHECK(file.size() >= kEndSize, "load(): not a zip archive (", file.size(), " bytes)");
  uint64_t end = file.size() - kEndSize;
  const uint64_t lowest = end > 65535 ? end - 65535 : 0;
  while (get<uint32_t>(file, end) != kEnd) {
    TORCH_CHECK(end > lowest, "load(): not a zip archive (no end record)");
    --end;
  }
  uint64_t count = get<uint16_t>(file, end + 10), at = get<uint32_t>(file, end + 16);
  if (end >= 20 && get<uint32_t>(file, end - 20) == kEnd64Locator) {
    const uint64_t end64 = get<uint64_t>(file, end - 12);
    TORCH_CHECK(get<uint32_t>(file, end64) == kEnd64, "load(): damaged zip archive (64-bit end record)");
    count = get<uint64_t>(file, end64 + 32);
    at = get<uint64_t>(file, end64 + 48);
  }
  for (uint64_t i = 0; i < count; ++i) {
    TORCH_CHECK(get<uint32_t>(file, at) == kDirectoryHeader, "load(): damaged zip archive (directory entry ", i, ")");
    const uint16_t name = get<uint16_t>(file, at + 28), extra = get<uint16_t>(file, at + 30);
    uint64_t size = get<uint32_t>(file, at + 24), packed = get<uint32_t>(file, at + 20);
    uint64_t header = get<uint32_t>(file, at + 42);
    const uint64_t after = at + kDirectorySize + name + extra + get<uint16_t>(file, at + 32);
    TORCH_CHECK(after <= file.size(), "load(): damaged zip archive (directory entry ", i, " is cut off)");
    // The 64-bit forms of those that are full, in this order.
    for (uint64_t x = at + kDirectorySize + name; x + 4 <= at + kDirectorySize + name + extra;) {
      uint64_t field = x + 4;
      if (get<uint16_t>(file, x) == 1) {
        for (uint64_t* value : {&size, &packed, &header}) {
          if (*value != kFull32) continue;
          *value = get<uint64_t>(file, field);
          field += 8;
        }
      }
      x += 4 + get<uint16_t>(file, x + 2);
    }
    records_.push_back({std::string(file.substr(at + kDirectorySize, name)), header, size, get<uint32_t>(file, at + 16),
                        get<uint16_t>(file, at + 10) == 0});
    at = after;
  }
  TORCH_CHECK(!records_.empty(), "load(): the zip archive is empty");
  prefix_ = records_[0].name.substr(0, records_[0].name.find('/'));
}

bool ZipReader::has(const std::string& name) const {
  for (const Record& r : records_) {
    if (r.name == name) return true;
  }
  return false;
}

std::string_view ZipReader::record(const std::string& name) const {
  for (const Record& r : records_) {
    if (r.name != name) continue;
    TORCH_CHECK(r.is_stored, "load(): the record ", name, " is compressed, which is not supported");
    TORCH_CHECK(get<uint32_t>(file_, r.header) == kLocalHeader, "load(): damaged zip archive (record ", name, ")");
    const uint64_t data =
        r.header + kLocalSize + get<uint16_t>(file_, r.header + 26) + get<uint16_t>(file_, r.header + 28);
    TORCH_CHECK(data <= file_.size() && file_.size() - data >= r.size, "load(): damaged zip archive (record ", name,
                " is cut off)");
    const std::string_view bytes = file_.substr(data, r.size);
    TORCH_CHECK(crc32(bytes.data(), bytes.size()) == r.crc, "load(): damaged zip archive (checksum of ", name, ")");
    return bytes;
  }
  TORCH_CHECK(false, "load(): the archive has no record ", name);
}

}  // namespace tiny_torch::frontend::serialize
