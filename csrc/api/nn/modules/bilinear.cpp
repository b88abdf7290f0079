#include "api/nn/modules/bilinear.h"

#include <cmath>

#include "api/nn/init.h"
#include "generated/functions/creation.h"

namespace tiny_torch::frontend::nn {

void BilinearImpl::reset() {
  weight =
      register_parameter("weight", empty({options.out_features(), options.in1_features(), options.in2_features()}));
  bias = register_parameter("bias", options.bias() ? empty({options.out_features()}) : Tensor(), options.bias());
  reset_parameters();
}
void BilinearImpl::reset_parameters() {
  const double bound = 1 / std::sqrt(static_cast<double>(weight.size(1)));
  init::uniform_(weight, -bound, bound);
  if (bias.defined()) init::uniform_(bias, -bound, bound);
}
void BilinearImpl::pretty_print(std::ostream& stream) const {
  Shown(stream, "Bilinear")("in1_features", options.in1_features())("in2_features", options.in2_features())(
      "out_features", options.out_features())("bias", options.bias());
}

}  // namespace tiny_torch::frontend::nn
