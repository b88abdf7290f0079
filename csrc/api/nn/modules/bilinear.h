// Bilinear: a learned bilinear form of two inputs.
#pragma once

#include "api/nn/functional/bilinear.h"
#include "api/nn/options/linear.h"

namespace tiny_torch::frontend::nn {

/// (..., in1_features), (..., in2_features) -> (..., out_features).
class TORCH_API BilinearImpl : public Cloneable<BilinearImpl> {
 public:
  BilinearImpl(int64_t in1_features, int64_t in2_features, int64_t out_features)
      : BilinearImpl(BilinearOptions(in1_features, in2_features, out_features)) {}
  explicit BilinearImpl(const BilinearOptions& given) : options(given) { BilinearImpl::reset(); }
  void reset() override;
  void reset_parameters();
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input1, const Tensor& input2) {
    return functional::bilinear(input1, input2, weight, bias);
  }

  BilinearOptions options;
  Tensor weight;
  Tensor bias;
};
TORCH_MODULE(Bilinear);

}  // namespace tiny_torch::frontend::nn
