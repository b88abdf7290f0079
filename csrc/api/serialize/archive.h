// Archives: trees of named tensors, values and further archives, written to and read from one file.
//
// Note [File format]
// The file is what libtorch writes: a zip archive that torch.jit.load reads as a module. `<name>/data.pkl` is the tree as a
// pickle of objects of the classes in `<name>/code/`, one for each archive; a tensor's bytes are in `<name>/data/<i>`.
#pragma once

#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#include "aten/Tensor.h"
#include "aten/core/IValue.h"

namespace tiny_torch::frontend::serialize {

struct ArchiveNode;

/// What one name of an archive stands for: a tensor, another value, or an archive.
struct ArchiveEntry {
  std::string name;
  Tensor tensor;
  bool is_buffer = false;
  IValue value;
  std::shared_ptr<ArchiveNode> below;
};

struct ArchiveNode {
  std::vector<ArchiveEntry> entries;
  const ArchiveEntry* find(const std::string& name) const;
};

class TORCH_API OutputArchive final {
 public:
  OutputArchive() : root_(std::make_shared<ArchiveNode>()) {}

  /// RuntimeError for a name that is there already.
  void write(const std::string& key, const Tensor& tensor, bool is_buffer = false);
  void write(const std::string& key, const IValue& value);
  void write(const std::string& key, OutputArchive& nested);

  void save_to(const std::string& filename);
  void save_to(std::ostream& stream);
  void save_to(const std::function<size_t(const void*, size_t)>& write);

  template <class... Ts>
  void operator()(Ts&&... ts) {
    write(std::forward<Ts>(ts)...);
  }

 private:
  void add(ArchiveEntry entry);
  std::shared_ptr<ArchiveNode> root_;
};

class TORCH_API InputArchive final {
 public:
  InputArchive() : root_(std::make_shared<ArchiveNode>()) {}

  /// False when there is no such value; RuntimeError when it is of another kind.
  bool try_read(const std::string& key, IValue& value);
  bool try_read(const std::string& key, Tensor& tensor, bool is_buffer = false);
  bool try_read(const std::string& key, InputArchive& archive);
  /// RuntimeError when there is no such value. A defined tensor keeps its identity and its device.
  void read(const std::string& key, IValue& value);
  void read(const std::string& key, Tensor& tensor, bool is_buffer = false);
  void read(const std::string& key, InputArchive& archive);
  std::vector<std::string> keys() const;

  /// RuntimeError for what is no archive or damaged. Tensors go to `device`, if given.
  void load_from(const std::string& filename, std::optional<Device> device = std::nullopt);
  void load_from(std::istream& stream, std::optional<Device> device = std::nullopt);
  void load_from(const char* data, size_t size, std::optional<Device> device = std::nullopt);
  void load_from(const std::function<size_t(uint64_t, void*, size_t)>& read_at, const std::function<size_t()>& size,
                 std::optional<Device> device = std::nullopt);

  template <class... Ts>
  void operator()(Ts&&... ts) {
    read(std::forward<Ts>(ts)...);
  }

 private:
  const ArchiveEntry* find(const std::string& key) const { return root_->find(key); }
  std::string path_of(const std::string& key) const { return path_.empty() ? key : path_ + "." + key; }

  std::shared_ptr<ArchiveNode> root_;
  std::string path_;
};

}  // namespace tiny_torch::frontend::serialize
