#include "api/nn/functional/bilinear.h"

#include "api/nn/functional/helpers.h"
#include "generated/functions/products.h"
#include "generated/functions/shuffle.h"

namespace tiny_torch::frontend::nn::functional {

Tensor bilinear(const Tensor& input1, const Tensor& input2, const Tensor& weight, const Tensor& bias) {
  return tiny_torch::bilinear(input1, input2, weight, if_defined(bias));
}
Tensor one_hot(const Tensor& tensor, int64_t num_classes) { return tiny_torch::one_hot(tensor, num_classes); }

}  // namespace tiny_torch::frontend::nn::functional
