#include <fstream>
#include <sstream>

#include "api/data/datasets/mnist.h"
#include "generated/functions/creation.h"
#include "generated/functions/join.h"

namespace tiny_torch::frontend::data::datasets {
namespace {

uint32_t big_endian(const std::string& bytes, size_t at) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<uint8_t>(bytes[at + i]);
  return value;
}

/// An idx file of bytes: magic number, sizes, then the values.
Tensor read_idx(const std::string& path, uint32_t magic) {
  std::ifstream file(path, std::ios::binary);
  TORCH_CHECK(file.is_open(), "Error opening dataset file at ", path);
  std::ostringstream content;
  content << file.rdbuf();
  const std::string bytes = content.str();
  const size_t dims = magic & 0xff, header = 4 + 4 * dims;
  TORCH_CHECK(bytes.size() >= header && big_endian(bytes, 0) == magic, "MNIST: ", path,
              " is no idx file of the expected kind");
  std::vector<int64_t> sizes;
  uint64_t numel = 1;
  for (size_t d = 0; d < dims; ++d) {
    sizes.push_back(big_endian(bytes, 4 + 4 * d));
    numel *= static_cast<uint64_t>(sizes.back());
    TORCH_CHECK(numel <= bytes.size(), "MNIST: ", path, " is cut off");
  }
  TORCH_CHECK(bytes.size() - header == numel, "MNIST: ", path, " has ", bytes.size() - header, " values instead of ",
              numel);
  Tensor result = empty(sizes, kByte);
  std::copy(bytes.begin() + static_cast<std::ptrdiff_t>(header), bytes.end(),
            reinterpret_cast<char*>(result.mutable_data_ptr<uint8_t>()));
  return result;
}

std::string join(const std::string& root, const char* name) {
  return root.empty() || root.back() == '/' ? root + name : root + "/" + name;
}

}  // namespace

TensorDataset::TensorDataset(const std::vector<Tensor>& tensors) : tensor(stack(tensors)) {}

MNIST::MNIST(const std::string& root, Mode mode) : is_train_(mode == Mode::kTrain) {
  const Tensor images = read_idx(join(root, is_train_ ? "train-images-idx3-ubyte" : "t10k-images-idx3-ubyte"), 0x803);
  const Tensor targets = read_idx(join(root, is_train_ ? "train-labels-idx1-ubyte" : "t10k-labels-idx1-ubyte"), 0x801);
  TORCH_CHECK(images.size(0) == targets.size(0), "MNIST: ", images.size(0), " images but ", targets.size(0), " labels");
  images_ = images.to(kFloat32).div_(255).unsqueeze(1);
  targets_ = targets.to(kInt64);
}
Example<> MNIST::get(size_t index) {
  const auto i = static_cast<int64_t>(index);
  return {images_[i], targets_[i]};
}

}  // namespace tiny_torch::frontend::data::datasets
