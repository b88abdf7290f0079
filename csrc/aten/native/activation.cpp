// Fronts of the activations that are more than one expression.
#include "generated/kernels/activation.h"
#include "aten/core/operators.h"
#include "generated/ops/activation.h"
#include "generated/ops/compare.h"
#include "generated/ops/copy.h"
#include "generated/ops/creation.h"
#include "generated/ops/index.h"
#include "generated/ops/random.h"
#include "generated/ops/reduce.h"
#include "generated/ops/shape.h"
#include "generated/ops/view.h"

namespace tiny_torch::native {

namespace {
bool is_tanh(std::string_view approximate) {
  TORCH_CHECK(approximate == "none" || approximate == "tanh", "approximate argument must be either none or tanh.");
  return approximate == "tanh";
}
}  // namespace

TensorBase gelu(const TensorBase& self, std::string_view approximate) {
  return is_tanh(approximate) ? ops::_gelu_tanh(self) : ops::_gelu_erf(self);
}

TensorBase gelu_backward(const TensorBase& grad_output, const TensorBase& self, std::string_view approximate) {
  return is_tanh(approximate) ? ops::_gelu_tanh_backward(grad_output, self)
                              : ops::_gelu_erf_backward(grad_output, self);
}

// Its result is contiguous, that of every other activation lies in memory as the input does.
TensorBase log_sigmoid(const TensorBase& self) { return ops::_log_sigmoid(ops::contiguous(self)); }

TensorBase glu(const TensorBase& self, int64_t dim) {
  TORCH_CHECK(self.dim() > 0, "glu does not support 0-dimensional tensors");
  const int64_t d = maybe_wrap_dim(dim, self.dim()), n = self.size(d);
  TORCH_CHECK(n % 2 == 0, "Halving dimension must be even, but dimension ", d, " is size ", n);
  return ops::_gated(ops::narrow(self, d, 0, n / 2), ops::narrow(self, d, n / 2, n / 2));
}

TensorBase prelu(const TensorBase& self, const TensorBase& weight) {
  TORCH_CHECK(self.scalar_type() == weight.scalar_type(), "prelu: Type promoting not supported. Got ",
              to_string(self.scalar_type()), " and ", to_string(weight.scalar_type()));
  if (weight.numel() != 1) {
    TORCH_CHECK(self.dim() > 0, "Not allow zero-dim input tensor.");
    const int64_t channels = self.dim() > 1 ? self.size(1) : 1;
    TORCH_CHECK(channels == weight.numel(),
                "Mismatch of parameter numbers and input channel size. Found parameter numbers = ", weight.numel(),
                " and channel size = ", channels, ".");
  }
  TORCH_CHECK(weight.dim() <= 1,
              "prelu: Expected `weight` to be a scalar or 1D tensor, but got: ndim = ", weight.dim());
  DimVector shape(static_cast<size_t>(self.dim()), 1);
  if (self.dim() > 1) shape[1] = weight.numel();
  return ops::_prelu_kernel(self, self.dim() == weight.dim() && self.dim() <= 1 ? weight : ops::reshape(weight, shape));
}

TensorBase rrelu(const TensorBase& input, const Scalar& lower, const Scalar& upper, bool training,
                 std::optional<Generator> generator) {
  const TensorBase self = ops::contiguous(input);
  const double low = lower.to_double(), high = upper.to_double();
  TORCH_CHECK(low <= high, "Lower bound should be less than or equal to the upper bound");
  if (!training) return ops::leaky_relu(self, Scalar((low + high) / 2));
  TORCH_CHECK_NOT_IMPLEMENTED(is_floating_point(self.scalar_type()),
                              "\"rrelu_with_noise_out_cpu\" not implemented for '", to_string(self.scalar_type()), "'");
  TensorBase slopes =
      ops::ones_like(self, std::nullopt, std::nullopt, std::nullopt, std::nullopt, MemoryFormat::Contiguous);
  {
    // Numbers are drawn in double, and only for the elements that use them.
    const NoGradGuard no_grad;
    const TensorBase negative = ops::le(self, wrapped_scalar(0));
    const TensorBase places = ops::nonzero(ops::reshape(negative, {-1}));
    TensorBase drawn = ops::empty({places.size(0)}, kDouble, std::nullopt, self.device());
    ops::uniform_(drawn, low, high, std::move(generator));
    TensorBase flat = ops::reshape(slopes, {-1});
    ops::scatter_(flat, 0, ops::reshape(places, {-1}), ops::to(drawn, self.scalar_type()));
  }
  return self * slopes;
}

}  // namespace tiny_torch::native
