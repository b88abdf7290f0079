#include "api/nn/modules/rectifier.h"

#include "api/nn/module_bodies.h"
#include "generated/functions/creation.h"

namespace tiny_torch::frontend::nn {

namespace F = functional;

TINY_TORCH_CALL(ELU, elu, ("alpha", options.alpha()).when(options.inplace(), "inplace", true))
TINY_TORCH_CALL(SELU, selu, .when(options.inplace(), "inplace", true))
TINY_TORCH_CALL(Hardshrink, hardshrink, (nullptr, options.lambda()))
TINY_TORCH_CALL(Hardtanh, hardtanh,
                ("min_val", options.min_val())("max_val", options.max_val()).when(options.inplace(), "inplace", true))
TINY_TORCH_PLAIN(LogSigmoid, F::logsigmoid(input))
TINY_TORCH_CALL(ReLU6, relu6, .when(options.inplace(), "inplace", true))
TINY_TORCH_CALL(CELU, celu, ("alpha", options.alpha()).when(options.inplace(), "inplace", true))
TINY_TORCH_CALL(GLU, glu, ("dim", options.dim()))
TINY_TORCH_PLAIN(Mish, F::mish(input))
TINY_TORCH_CALL(Softplus, softplus, ("beta", options.beta())("threshold", options.threshold()))
TINY_TORCH_CALL(Softshrink, softshrink, (nullptr, options.lambda()))
TINY_TORCH_CALL(Threshold, threshold,
                ("threshold", options.threshold())("value", options.value()).when(options.inplace(), "inplace", true))
TINY_TORCH_PRINT(RReLU, ("lower", options.lower())("upper", options.upper()).when(options.inplace(), "inplace", true))
TINY_TORCH_FORWARD(PReLU, F::prelu(input, weight))
TINY_TORCH_PRINT(PReLU, ("num_parameters", options.num_parameters()))

Tensor RReLUImpl::forward(const Tensor& input) {
  return F::rrelu(input, F::RReLUFuncOptions()
                             .lower(options.lower())
                             .upper(options.upper())
                             .training(is_training())
                             .inplace(options.inplace()));
}
void PReLUImpl::reset() { weight = register_parameter("weight", full({options.num_parameters()}, options.init())); }

}  // namespace tiny_torch::frontend::nn
