#include "api/serialize/archive.h"

#include <cstring>
#include <fstream>
#include <sstream>
#include <unordered_map>

#include "api/serialize.h"
#include "api/serialize/pickle.h"
#include "api/serialize/zip.h"

namespace tiny_torch::frontend::serialize {
namespace {

// ---- writing ----

/// The type of a value as the class declarations of the archive spell it.
std::string type_of(const IValue& v) {
  using Tag = IValue::Tag;
  const auto joined = [&](const char* name) {
    std::string text;
    for (const IValue& one : v.to_list()) text += (text.empty() ? "" : ", ") + type_of(one);
    return std::string(name) + "[" + text + "]";
  };
  switch (v.tag()) {
    case Tag::None:
      return "NoneType";
    case Tag::Tensor:
      return "Tensor";
    case Tag::Int:
      return "int";
    case Tag::Double:
      return "float";
    case Tag::Bool:
      return "bool";
    case Tag::String:
      return "str";
    case Tag::IntList:
      return "List[int]";
    case Tag::DoubleList:
      return "List[float]";
    case Tag::BoolList:
      return "List[bool]";
    case Tag::TensorList:
      return "List[Tensor]";
    case Tag::Tuple:
      return v.to_list().empty() ? "Tuple[()]" : joined("Tuple");
    case Tag::GenericList:
      return "List[" + (v.to_list().empty() ? "Tensor" : type_of(v.to_list()[0])) + "]";
    default:
      TORCH_CHECK(false, "save(): a value of type ", v.tag_name(), " cannot be saved");
  }
}

std::string quoted(const std::string& name) {
  TORCH_CHECK(name.find_first_of("\"\\\n") == std::string::npos, "save(): the name '", name, "' cannot be saved");
  return '"' + name + '"';
}

bool is_identifier(const std::string& name) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  for (const char c : name) {
    const bool ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    if (!ok) return false;
  }
  return true;
}

/// Writes one tree: the objects into the pickle, a class declaration for each archive into its own file of code.
class TreeWriter {
 public:
  explicit TreeWriter(ZipWriter& zip, std::string prefix) : zip_(zip), prefix_(std::move(prefix)) {}

  void run(const ArchiveNode& root) {
    object(root, "__torch__");
    zip_.add(prefix_ + "/data.pkl", pickle_.finish());
    for (size_t i = 0; i < pickle_.storages().size(); ++i) {
      const Tensor& t = pickle_.storages()[i];
      zip_.add(prefix_ + "/data/" + std::to_string(i), t.storage()->data(), t.storage()->nbytes());
    }
    for (const auto& file : code_) zip_.add(prefix_ + "/code/" + file.first, file.second);
    // An empty tuple: no constants.
    zip_.add(prefix_ + "/constants.pkl", std::string_view("\x80\x02).", 4));
    zip_.add(prefix_ + "/byteorder", "little");
    zip_.add(prefix_ + "/version", "3\n");
  }

 private:
  void object(const ArchiveNode& node, const std::string& module) {
    std::string parameters, buffers, fields;
    bool all_identifiers = true;
    for (const ArchiveEntry& e : node.entries) all_identifiers = all_identifiers && is_identifier(e.name);
    pickle_.global(module, "Module");
    pickle_.op(')');
    pickle_.op('\x81');
    pickle_.op('}');
    pickle_.op('(');
    for (const ArchiveEntry& e : node.entries) {
      std::string type;
      pickle_.string(e.name);
      if (e.below != nullptr) {
        const std::string number = std::to_string(mangled_++);
        const std::string below = "__torch__.___torch_mangle_" + number;
        type = below + ".Module";
        object(*e.below, below);
      } else if (e.tensor.defined()) {
        type = "Tensor";
        (e.is_buffer ? buffers : parameters) += quoted(e.name) + ", ";
        pickle_.tensor(e.tensor);
      } else {
        type = type_of(e.value);
        pickle_.value(e.value);
      }
      fields += is_identifier(e.name) ? "  " + e.name + " : " + type + "\n"
                                      : "  __annotations__[" + quoted(e.name) + "] = " + type + "\n";
    }
    pickle_.op('u');
    pickle_.op('b');
    std::string path = module + ".py";
    if (const size_t dot = path.find("__torch__."); dot == 0 && module != "__torch__") path[9] = '/';
    code_.emplace_back(path, "class Module(Module):\n  __parameters__ = [" + parameters + "]\n  __buffers__ = [" +
                                 buffers + "]\n" + (all_identifiers ? "" : "  __annotations__ = []\n") + fields);
  }

  ZipWriter& zip_;
  std::string prefix_;
  PickleWriter pickle_;
  std::vector<std::pair<std::string, std::string>> code_;
  size_t mangled_ = 0;
};

// ---- reading ----

/// Gives the tensors over the storages of a file; each storage is read once.
class StorageLoader {
 public:
  StorageLoader(const ZipReader& zip, std::optional<Device> device) : zip_(zip), device_(device) {}
  Tensor operator()(ScalarType dtype, const std::string& key, int64_t numel) {
    Tensor& loaded = loaded_[key];
    if (!loaded.defined()) {
      const std::string_view bytes = zip_.record(zip_.prefix() + "/data/" + key);
      TORCH_CHECK(numel >= 0 && bytes.size() / element_size(dtype) >= static_cast<uint64_t>(numel), "load(): storage ",
                  key, " has ", bytes.size(), " bytes, fewer than its ", numel, " elements");
      loaded = empty_tensor({numel}, dtype);
      if (numel != 0)
        std::memcpy(loaded.mutable_data_ptr(), bytes.data(), static_cast<size_t>(numel) * element_size(dtype));
      if (device_.has_value()) loaded = loaded.to(*device_, dtype);
    }
    TORCH_CHECK(loaded.scalar_type() == dtype && loaded.numel() == numel, "load(): storage ", key,
                " is named with two dtypes or sizes");
    return loaded;
  }

 private:
  const ZipReader& zip_;
  std::optional<Device> device_;
  std::unordered_map<std::string, Tensor> loaded_;
};

PickleValue read_file(std::string_view file, std::optional<Device> device) {
  const ZipReader zip(file);
  if (zip.has(zip.prefix() + "/byteorder")) {
    TORCH_CHECK(zip.record(zip.prefix() + "/byteorder") == "little",
                "load(): the file was written on a big-endian machine");
  }
  StorageLoader loader(zip, device);
  return read_pickle(zip.record(zip.prefix() + "/data.pkl"), [&](ScalarType dtype, const std::string& key,
                                                                 int64_t numel) { return loader(dtype, key, numel); });
}

std::shared_ptr<ArchiveNode> node_of(const PickleValue& object, int depth = 0) {
  TORCH_CHECK(object.kind == PickleValue::Kind::Object || object.kind == PickleValue::Kind::Dict,
              "load(): the file holds no archive; a file of torch.save is read by torch::pickle_load");
  TORCH_CHECK(depth < 256, "load(): archives are nested too deeply");
  auto node = std::make_shared<ArchiveNode>();
  const std::vector<PickleValue>& items = *object.items;
  for (size_t i = 0; i + 1 < items.size(); i += 2) {
    ArchiveEntry entry;
    TORCH_CHECK(items[i].kind == PickleValue::Kind::String, "load(): a name in the archive is no string");
    entry.name = items[i].text;
    const PickleValue& value = items[i + 1];
    if (value.kind == PickleValue::Kind::Tensor) {
      entry.tensor = value.tensor;
    } else if (value.kind == PickleValue::Kind::Object || value.kind == PickleValue::Kind::Dict) {
      entry.below = node_of(value, depth + 1);
    } else {
      entry.value = value.to_ivalue();
    }
    node->entries.push_back(std::move(entry));
  }
  return node;
}

}  // namespace

const ArchiveEntry* ArchiveNode::find(const std::string& name) const {
  for (const ArchiveEntry& e : entries) {
    if (e.name == name) return &e;
  }
  return nullptr;
}

void OutputArchive::add(ArchiveEntry entry) {
  TORCH_CHECK(root_->find(entry.name) == nullptr, "save(): the archive has a value '", entry.name, "' already");
  root_->entries.push_back(std::move(entry));
}
void OutputArchive::write(const std::string& key, const Tensor& tensor, bool is_buffer) {
  TORCH_CHECK(tensor.defined(), "save(): the tensor '", key, "' is undefined");
  add({key, tensor, is_buffer, {}, nullptr});
}
void OutputArchive::write(const std::string& key, const IValue& value) { add({key, {}, false, value, nullptr}); }
void OutputArchive::write(const std::string& key, OutputArchive& nested) { add({key, {}, false, {}, nested.root_}); }

void OutputArchive::save_to(const std::function<size_t(const void*, size_t)>& write) {
  ZipWriter zip;
  TreeWriter(zip, "archive").run(*root_);
  const std::string file = zip.finish();
  const size_t written = write(file.data(), file.size());
  TORCH_CHECK(written == file.size(), "save(): only ", written, " of ", file.size(), " bytes could be written");
}
void OutputArchive::save_to(std::ostream& stream) {
  save_to([&](const void* data, size_t size) -> size_t {
    stream.write(static_cast<const char*>(data), static_cast<std::streamsize>(size));
    stream.flush();
    return stream.good() ? size : 0;
  });
}
void OutputArchive::save_to(const std::string& filename) {
  std::ofstream file(filename, std::ios::binary | std::ios::trunc);
  TORCH_CHECK(file.is_open(), "save(): cannot open the file ", filename);
  save_to(file);
}

bool InputArchive::try_read(const std::string& key, IValue& value) {
  const ArchiveEntry* e = find(key);
  if (e == nullptr) return false;
  TORCH_CHECK(e->below == nullptr, "load(): '", path_of(key), "' is an archive, not a value");
  value = e->tensor.defined() ? IValue(TensorBase(e->tensor)) : e->value;
  return true;
}
bool InputArchive::try_read(const std::string& key, Tensor& tensor, bool) {
  const ArchiveEntry* e = find(key);
  if (e == nullptr) return false;
  TORCH_CHECK(e->tensor.defined(), "load(): '", path_of(key), "' is no tensor");
  if (!tensor.defined()) {
    tensor = e->tensor;
    return true;
  }
  const NoGradGuard no_grad;
  const Tensor data = e->tensor.detach();
  tensor.set_data(data.device() == tensor.device() ? data : data.to(tensor.device(), data.scalar_type()));
  return true;
}
bool InputArchive::try_read(const std::string& key, InputArchive& archive) {
  const ArchiveEntry* e = find(key);
  if (e == nullptr) return false;
  TORCH_CHECK(e->below != nullptr, "load(): '", path_of(key), "' is no archive");
  archive.root_ = e->below;
  archive.path_ = path_of(key);
  return true;
}
void InputArchive::read(const std::string& key, IValue& value) {
  TORCH_CHECK(try_read(key, value), "No such serialized IValue '", path_of(key), "'");
}
void InputArchive::read(const std::string& key, Tensor& tensor, bool is_buffer) {
  TORCH_CHECK(try_read(key, tensor, is_buffer), "No such serialized tensor '", path_of(key), "'");
}
void InputArchive::read(const std::string& key, InputArchive& archive) {
  TORCH_CHECK(try_read(key, archive), "No such serialized submodule: '", path_of(key), "'");
}
std::vector<std::string> InputArchive::keys() const {
  std::vector<std::string> result;
  for (const ArchiveEntry& e : root_->entries) result.push_back(e.name);
  return result;
}

void InputArchive::load_from(const char* data, size_t size, std::optional<Device> device) {
  root_ = node_of(read_file({data, size}, device));
  path_.clear();
}
void InputArchive::load_from(std::istream& stream, std::optional<Device> device) {
  std::ostringstream content;
  content << stream.rdbuf();
  const std::string file = content.str();
  load_from(file.data(), file.size(), device);
}
void InputArchive::load_from(const std::string& filename, std::optional<Device> device) {
  std::ifstream file(filename, std::ios::binary);
  TORCH_CHECK(file.is_open(), "load(): cannot open the file ", filename);
  load_from(file, device);
}
void InputArchive::load_from(const std::function<size_t(uint64_t, void*, size_t)>& read_at,
                             const std::function<size_t()>& size, std::optional<Device> device) {
  std::string file(size(), '\0');
  const size_t got = read_at(0, file.data(), file.size());
  TORCH_CHECK(got == file.size(), "load(): only ", got, " of ", file.size(), " bytes could be read");
  load_from(file.data(), file.size(), device);
}

}  // namespace tiny_torch::frontend::serialize

namespace tiny_torch {

std::vector<char> pickle_save(const IValue& value) {
  frontend::serialize::ZipWriter zip;
  frontend::serialize::PickleWriter pickle;
  pickle.value(value);
  zip.add("archive/data.pkl", pickle.finish());
  for (size_t i = 0; i < pickle.storages().size(); ++i) {
    const Storage& storage = pickle.storages()[i].storage();
    zip.add("archive/data/" + std::to_string(i), storage->data(), storage->nbytes());
  }
  zip.add("archive/byteorder", "little");
  zip.add("archive/version", "3\n");
  const std::string file = zip.finish();
  return {file.begin(), file.end()};
}

api::IValue pickle_load(const std::vector<char>& data) {
  return frontend::serialize::read_file({data.data(), data.size()}, std::nullopt).to_ivalue();
}

}  // namespace tiny_torch
