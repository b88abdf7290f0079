// The MNIST dataset (LeCun et al.) from its four files in a folder, unpacked or as they were distributed.
#pragma once

#include <string>

#include "api/data/datasets/base.h"

namespace tiny_torch::frontend::data::datasets {

/// Examples: an image (1, 28, 28) of float32 in [0, 1] and its digit, an int64 scalar. Any files of this format
/// (Fashion-MNIST) will do.
class TORCH_API MNIST : public Dataset<MNIST> {
 public:
  enum class Mode { kTrain, kTest };
  /// RuntimeError when a file is missing, cut off or not of the format.
  explicit MNIST(const std::string& root, Mode mode = Mode::kTrain);
  Example<> get(size_t index) override;
  std::optional<size_t> size() const override { return static_cast<size_t>(images_.size(0)); }
  bool is_train() const noexcept { return is_train_; }
  /// (N, 1, 28, 28)
  const Tensor& images() const { return images_; }
  /// (N)
  const Tensor& targets() const { return targets_; }

 private:
  bool is_train_;
  Tensor images_, targets_;
};

}  // namespace tiny_torch::frontend::data::datasets
