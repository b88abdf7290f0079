// Zip archives of stored (uncompressed) records, as PyTorch's files are.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tiny_torch::frontend::serialize {

/// Collects records; finish() gives the file. The data of each record starts at a multiple of 64 bytes.
class ZipWriter {
 public:
  /// RuntimeError when the file would grow beyond 4 GiB.
  void add(const std::string& name, const void* data, size_t size);
  void add(const std::string& name, std::string_view text) { add(name, text.data(), text.size()); }
  std::string finish();

 private:
  std::string file_;
  std::string directory_;
  uint16_t records_ = 0;
};

/// Reads the records of a file held in memory, which must outlive the reader. Every offset is checked against its size.
class ZipReader {
 public:
  /// RuntimeError when `file` is no zip archive.
  explicit ZipReader(std::string_view file);
  bool has(const std::string& name) const;
  /// RuntimeError when there is no such record, it is compressed, or its checksum is wrong.
  std::string_view record(const std::string& name) const;
  /// What all names begin with, up to and without the first '/'.
  const std::string& prefix() const { return prefix_; }

 private:
  struct Record {
    std::string name;
    uint64_t header, size;
    uint32_t crc;
    bool is_stored;
  };
  std::string_view file_;
  std::string prefix_;
  std::vector<Record> records_;
};

}  // namespace tiny_torch::frontend::serialize
