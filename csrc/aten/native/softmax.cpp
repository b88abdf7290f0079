// Fronts of softmax and log_softmax.
#include "generated/kernels/softmax.h"
#include "aten/native/softmax_stub.h"
#include "generated/ops/copy.h"
#include "generated/ops/softmax.h"

namespace tiny_torch::native {

DEFINE_STUB(softmax_stub);
DEFINE_STUB(softmax_backward_stub);

namespace {

SoftmaxShape shape_along(const TensorBase& t, int64_t dim) {
  SoftmaxShape s;
  if (t.dim() == 0) return s;
  for (int64_t d = 0; d < t.dim(); ++d) (d < dim ? s.outer : d == dim ? s.n : s.inner) *= t.size(d);
  return s;
}

void check_dtype(const TensorBase& t, bool log, int64_t dim) {
  TORCH_CHECK_NOT_IMPLEMENTED(t.is_floating_point() && t.element_size() > 1, "\"", log ? "log_softmax" : "softmax",
                              dim >= t.dim() - 1 ? "_lastdim" : "", "_kernel_impl\" not implemented for '",
                              to_string(t.scalar_type()), "'");
}

TensorBase forward(const TensorBase& self, int64_t dim, bool half_to_float, bool log) {
  const int64_t d = maybe_wrap_dim(dim, self.dim());
  TORCH_CHECK(!half_to_float, log ? "log_" : "", "softmax with half to float conversion is not supported on ",
              self.device().type(), "; give `dtype` instead");
  TensorBase out = empty_tensor(self.sizes(), self.scalar_type(), self.device());
  if (self.numel() == 0) return out;
  check_dtype(self, log, d);
  if (self.is_meta()) return out;
  softmax_stub(self.device().type(), out, ops::contiguous(self), shape_along(self, d), log);
  return out;
}

TensorBase backward(const TensorBase& grad_output, const TensorBase& output, int64_t dim, ScalarType input_dtype,
                    bool log) {
  const int64_t d = maybe_wrap_dim(dim, output.dim());
  TORCH_CHECK(grad_output.sizes() == output.sizes(), log ? "_log" : "",
              "_softmax_backward_data(): expected grad_output of shape ", output.sizes(), ", got ",
              grad_output.sizes());
  TORCH_CHECK(grad_output.device() == output.device(), log ? "_log" : "",
              "_softmax_backward_data(): grad_output is on ", grad_output.device(), ", output on ", output.device());
  TensorBase grad_input = empty_tensor(output.sizes(), output.scalar_type(), output.device());
  if (output.numel() != 0) {
    check_dtype(output, log, d);
    if (!output.is_meta()) {
      const TensorBase grad = ops::contiguous(ops::to(grad_output, output.scalar_type()));
      softmax_backward_stub(output.device().type(), grad_input, grad, ops::contiguous(output), shape_along(output, d),
                            log);
    }
  }
  return input_dtype == output.scalar_type() ? grad_input : ops::to(grad_input, input_dtype);
}

}  // namespace

TensorBase _softmax(const TensorBase& self, int64_t dim, bool half_to_float) {
  return forward(self, dim, half_to_float, false);
}
TensorBase _log_softmax(const TensorBase& self, int64_t dim, bool half_to_float) {
  return forward(self, dim, half_to_float, true);
}

TensorBase softmax(const TensorBase& self, int64_t dim, std::optional<ScalarType> dtype) {
  return ops::_softmax(dtype.has_value() ? ops::to(self, *dtype) : self, dim, false);
}
TensorBase log_softmax(const TensorBase& self, int64_t dim, std::optional<ScalarType> dtype) {
  return ops::_log_softmax(dtype.has_value() ? ops::to(self, *dtype) : self, dim, false);
}

TensorBase _softmax_backward_data(const TensorBase& grad_output, const TensorBase& output, int64_t dim,
                                  ScalarType input_dtype) {
  return backward(grad_output, output, dim, input_dtype, false);
}
TensorBase _log_softmax_backward_data(const TensorBase& grad_output, const TensorBase& output, int64_t dim,
                                      ScalarType input_dtype) {
  return backward(grad_output, output, dim, input_dtype, true);
}

}  // namespace tiny_torch::native
