// Fronts of the matrix products.
#include "generated/kernels/matmul.h"

#include "aten/core/op_support.h"
#include "aten/core/operators.h"
#include "aten/core/promotion.h"
#include "aten/native/gemm.h"
#include "generated/ops/copy.h"
#include "generated/ops/creation.h"
#include "generated/ops/matmul.h"
#include "generated/ops/reduce.h"
#include "generated/ops/shape.h"
#include "generated/ops/view.h"

namespace tiny_torch::native {

DEFINE_STUB(gemm_stub);
DEFINE_STUB(gemm_pack_stub);

namespace {

void check_same_dtype(const char* op, const TensorBase& a, const TensorBase& b) {
  TORCH_CHECK(a.scalar_type() == b.scalar_type(),
              "expected m1 and m2 to have the same dtype, but got: ", cpp_name(a.scalar_type()),
              " != ", cpp_name(b.scalar_type()));
  TORCH_CHECK(a.device() == b.device(), op,
              ": Expected all tensors to be on the same device, but found at least two devices, ", a.device(), " and ",
              b.device(), "!");
}

void check_mm(const char* op, const TensorBase& self, const TensorBase& mat2) {
  TORCH_CHECK(self.dim() == 2, op, ": Expected self to be a matrix, but got self with dimension ", self.dim());
  TORCH_CHECK(mat2.dim() == 2, op, ": Expected mat2 to be a matrix, but got mat2 with dimension ", mat2.dim());
  TORCH_CHECK(self.size(1) == mat2.size(0), "mat1 and mat2 shapes cannot be multiplied (", self.size(0), "x",
              self.size(1), " and ", mat2.size(0), "x", mat2.size(1), ")");
  check_same_dtype(op, self, mat2);
  TORCH_CHECK_NOT_IMPLEMENTED(self.scalar_type() != kBool, "\"addmm_impl_cpu_\" not implemented for 'Bool'");
}

void check_bmm_shapes(const TensorBase& self, const TensorBase& mat2) {
  TORCH_CHECK(self.dim() == 3, "batch1 must be a 3D tensor");
  TORCH_CHECK(mat2.dim() == 3, "batch2 must be a 3D tensor");
  TORCH_CHECK(self.size(0) == mat2.size(0) && self.size(2) == mat2.size(1),
              "Expected size for first two dimensions of batch2 tensor to be: [", self.size(0), ", ", self.size(2),
              "] but got: [", mat2.size(0), ", ", mat2.size(1), "].");
}

void check_bmm(const TensorBase& self, const TensorBase& mat2) {
  check_bmm_shapes(self, mat2);
  check_same_dtype("bmm", self, mat2);
  TORCH_CHECK_NOT_IMPLEMENTED(self.scalar_type() != kBool, "\"bmm\" not implemented for 'Bool'");
}

// Matrices without a dimension of stride 1 (expanded ones, say) cost more in the product than in a copy.
TensorBase with_unit_stride(const TensorBase& t, int64_t uses) {
  const int64_t row = t.stride(-2), column = t.stride(-1);
  const bool plain = (column == 1 && row >= t.size(-1)) || (row == 1 && column >= t.size(-2));
  return plain || uses < 8 ? t : ops::contiguous(t);
}

void run_gemm(const TensorBase& out, const TensorBase& a, const TensorBase& b, const TensorBase& bias = {},
              const Scalar& beta = 0, const Scalar& alpha = 1) {
  if (out.numel() == 0) return;
  const TensorBase left = with_unit_stride(a, out.size(-1)), right = with_unit_stride(b, out.size(-2));
  gemm_stub(out.device().type(), GemmCall{out, left, right, bias, beta, alpha});
}

DimVector bmm_shape(const TensorBase& a, const TensorBase& b) { return {a.size(0), a.size(1), b.size(2)}; }

// beta * self in the product's shape, to be accumulated into.
TensorBase start_of_sum(const TensorBase& self, IntArrayRef shape, const Scalar& beta, ScalarType dtype) {
  TORCH_CHECK(is_expandable_to(self.sizes(), shape), "The expanded size of the tensor (", shape.back(),
              ") must match the existing size (", self.dim() > 0 ? self.sizes().back() : 1,
              ") at non-singleton dimension ", shape.size() - 1, ".  Target sizes: ", shape,
              ".  Tensor sizes: ", self.sizes());
  TensorBase result = empty_tensor(shape, dtype, self.device());
  if (beta.equal(0)) return result;
  ops::copy_(result, self);
  return result;
}

// Factors of integer products lose their fractions.
Scalar in_dtype(const Scalar& factor, ScalarType dtype) {
  return is_integral(dtype, true) ? Scalar(factor.to<int64_t>()) : factor;
}

}  // namespace

TensorBase mm(const TensorBase& self, const TensorBase& mat2) {
  check_mm("mm", self, mat2);
  TensorBase out = empty_tensor({self.size(0), mat2.size(1)}, self.scalar_type(), self.device());
  run_gemm(out, self, mat2);
  return out;
}

TensorBase& mm_out(TensorBase& out, const TensorBase& self, const TensorBase& mat2) {
  check_mm("mm", self, mat2);
  TORCH_CHECK(out.scalar_type() == self.scalar_type(), "Expected out tensor to have dtype ",
              to_string(self.scalar_type()), ", but got ", to_string(out.scalar_type()), " instead");
  const int64_t shape[] = {self.size(0), mat2.size(1)};
  resize_output(out, shape);
  if (out.is_contiguous() && !may_share_memory(out, self) && !may_share_memory(out, mat2)) {
    run_gemm(out, self, mat2);
  } else {
    ops::copy_(out, native::mm(self, mat2));
  }
  return out;
}

TensorBase bmm(const TensorBase& self, const TensorBase& mat2) {
  check_bmm_shapes(self, mat2);
  // A product without terms is zero whatever the dtypes.
  if (self.numel() == 0 || mat2.numel() == 0)
    return ops::zeros(bmm_shape(self, mat2), mat2.scalar_type(), std::nullopt, self.device());
  check_bmm(self, mat2);
  TensorBase out = empty_tensor(bmm_shape(self, mat2), self.scalar_type(), self.device());
  run_gemm(out, self, mat2);
  return out;
}

TensorBase& bmm_out(TensorBase& out, const TensorBase& self, const TensorBase& mat2) {
  TORCH_CHECK(out.scalar_type() == self.scalar_type(), "Expected out tensor to have dtype ",
              to_string(self.scalar_type()), ", but got ", to_string(out.scalar_type()), " instead");
  write_output("bmm", out, native::bmm(self, mat2));
  return out;
}

TensorBase addmm(const TensorBase& self, const TensorBase& mat1, const TensorBase& mat2, const Scalar& beta,
                 const Scalar& alpha) {
  TORCH_CHECK(mat1.dim() == 2, "mat1 must be a matrix, got ", mat1.dim(), "-D tensor");
  TORCH_CHECK(mat2.dim() == 2, "mat2 must be a matrix, got ", mat2.dim(), "-D tensor");
  check_mm("addmm", mat1, mat2);
  TORCH_CHECK(self.scalar_type() == mat1.scalar_type(), "self and mat2 must have the same dtype, but got ",
              to_string(self.scalar_type()), " and ", to_string(mat2.scalar_type()));
  const int64_t shape[] = {mat1.size(0), mat2.size(1)};
  // A bias of one row is added while the product is stored.
  const bool is_bias = beta.equal(1) && self.dim() == 1 && self.size(0) == shape[1] && alpha.equal(1);
  if (is_bias) {
    TensorBase out = empty_tensor(shape, mat1.scalar_type(), mat1.device());
    run_gemm(out, mat1, mat2, self);
    return out;
  }
  const Scalar b = in_dtype(beta, mat1.scalar_type());
  TensorBase out = start_of_sum(self, shape, b, mat1.scalar_type());
  run_gemm(out, mat1, mat2, {}, b, in_dtype(alpha, mat1.scalar_type()));
  return out;
}

TensorBase& addmm_out(TensorBase& out, const TensorBase& self, const TensorBase& mat1, const TensorBase& mat2,
                      const Scalar& beta, const Scalar& alpha) {
  TORCH_CHECK(out.scalar_type() == mat1.scalar_type(), "Expected out tensor to have dtype ",
              to_string(mat1.scalar_type()), ", but got ", to_string(out.scalar_type()), " instead");
  write_output("addmm", out, native::addmm(self, mat1, mat2, beta, alpha));
  return out;
}

TensorBase baddbmm(const TensorBase& self, const TensorBase& batch1, const TensorBase& batch2, const Scalar& beta,
                   const Scalar& alpha) {
  // PyTorch reads the sizes before it looks at the number of dims.
  const DimVector shape{batch1.size(0), batch1.size(1), batch2.size(2)};
  check_bmm(batch1, batch2);
  TORCH_CHECK(self.scalar_type() == batch1.scalar_type(), "Input dtypes must be the same, got: input ",
              to_string(self.scalar_type()), ", batch1: ", to_string(batch1.scalar_type()),
              ", batch2: ", to_string(batch2.scalar_type()));
  const Scalar b = in_dtype(beta, batch1.scalar_type());
  TensorBase out = start_of_sum(self, shape, b, batch1.scalar_type());
  run_gemm(out, batch1, batch2, {}, b, in_dtype(alpha, batch1.scalar_type()));
  return out;
}

TensorBase mv(const TensorBase& self, const TensorBase& vec) {
  const int64_t rows = self.size(0);
  TORCH_CHECK(self.dim() == 2 && vec.dim() == 1, "vector + matrix @ vector expected, got 1, ", self.dim(), ", ",
              vec.dim());
  TORCH_CHECK(self.size(1) == vec.size(0), "size mismatch, got input (", rows, "), mat (", rows, "x", self.size(1),
              "), vec (", vec.size(0), ")");
  return ops::squeeze(ops::mm(self, ops::unsqueeze(vec, 1)), 1);
}

TensorBase dot(const TensorBase& self, const TensorBase& tensor) {
  TORCH_CHECK(self.dim() == 1 && tensor.dim() == 1, "1D tensors expected, but got ", self.dim(), "D and ", tensor.dim(),
              "D tensors");
  TORCH_CHECK(self.scalar_type() == tensor.scalar_type(), "dot : expected both vectors to have same dtype, but found ",
              to_string(self.scalar_type()), " and ", to_string(tensor.scalar_type()));
  TORCH_CHECK(self.numel() == tensor.numel(), "inconsistent tensor size, expected tensor [", self.numel(),
              "] and src [", tensor.numel(), "] to have the same number of elements, but got ", self.numel(), " and ",
              tensor.numel(), " elements respectively");
  TORCH_CHECK_NOT_IMPLEMENTED(self.scalar_type() != kBool, "\"dot\" not implemented for 'Bool'");
  return ops::reshape(ops::mm(ops::unsqueeze(self, 0), ops::unsqueeze(tensor, 1)), {});
}

TensorBase matmul(const TensorBase& self, const TensorBase& other) {
  const int64_t d1 = self.dim(), d2 = other.dim();
  TORCH_CHECK(d1 != 0 && d2 != 0, "both arguments to matmul need to be at least 1D, but they are ", d1, "D and ", d2,
              "D");
  if (d1 == 1 && d2 == 1) return ops::dot(self, other);
  if (d1 == 2 && d2 == 1) return ops::mv(self, other);
  if (d1 == 1 && d2 == 2) {
    TensorBase row = ops::mm(ops::unsqueeze(self, 0), other);
    return ops::squeeze_(row, 0);
  }
  if (d1 == 2 && d2 == 2) return ops::mm(self, other);
  if (d2 <= 2) {
    // (..., n, k) @ (k, m): all leading dims are rows of one product.
    const bool vector = d2 == 1;
    const TensorBase right = vector ? ops::unsqueeze(other, 1) : other;
    DimVector shape(self.sizes());
    shape.back() = right.size(1);
    if (vector) shape.pop_back();
    const int64_t k = self.sizes().back();
    const int64_t rows = k == 0 ? checked_numel(self.sizes().slice(0, self.sizes().size() - 1)) : self.numel() / k;
    return ops::_unsafe_view(ops::mm(ops::reshape(self, {rows, k}), right), shape);
  }
  const TensorBase left3 = d1 == 1 ? ops::unsqueeze(self, 0) : self;
  const int64_t n = left3.size(-2), k = left3.size(-1), m = other.size(-1);
  const IntArrayRef left_sizes = left3.sizes(), right_sizes = other.sizes();
  const DimVector batch =
      infer_broadcast_size(left_sizes.slice(0, left_sizes.size() - 2), right_sizes.slice(0, right_sizes.size() - 2));
  const int64_t count = checked_numel(batch);
  DimVector left_shape(batch), right_shape(batch), shape(batch);
  left_shape.push_back(n);
  left_shape.push_back(k);
  right_shape.push_back(other.size(-2));
  right_shape.push_back(m);
  const TensorBase left = ops::reshape(ops::expand(left3, left_shape), {count, n, k});
  const TensorBase right = ops::reshape(ops::expand(other, right_shape), {count, other.size(-2), m});
  if (d1 != 1) shape.push_back(n);
  shape.push_back(m);
  return ops::_unsafe_view(ops::bmm(left, right), shape);
}

TensorBase linear(const TensorBase& input, const TensorBase& weight, const std::optional<TensorBase>& bias) {
  TORCH_CHECK(input.dim() >= 1 && weight.dim() >= 1, "both arguments to linear need to be at least 1D, but they are ",
              input.dim(), "D and ", weight.dim(), "D");
  TORCH_CHECK(weight.dim() <= 2, "linear(): expected weight to have at most 2 dims, got ", weight.dim());
  const bool vector = weight.dim() == 1;
  const int64_t in = weight.sizes().back(), out_features = vector ? 1 : weight.size(0);
  const int64_t rows = in == 0 || input.numel() == 0 ? checked_numel(input.sizes().slice(0, input.sizes().size() - 1))
                                                     : input.numel() / input.sizes().back();
  TORCH_CHECK(input.sizes().back() == in, "mat1 and mat2 shapes cannot be multiplied (", rows, "x",
              input.sizes().back(), " and ", in, "x", out_features, ")");
  check_same_dtype("linear", input, weight);
  const bool has_bias = bias.has_value() && bias->defined();
  if (has_bias) check_same_dtype("linear", input, *bias);
  TORCH_CHECK_NOT_IMPLEMENTED(input.scalar_type() != kBool, "\"addmm_impl_cpu_\" not implemented for 'Bool'");
  DimVector shape(input.sizes());
  shape.back() = out_features;
  if (vector) shape.pop_back();
  if (has_bias) {
    TORCH_CHECK(is_expandable_to(bias->sizes(), shape), "The expanded size of the tensor (", out_features,
                ") must match the existing size (", bias->dim() > 0 ? bias->sizes().back() : 1,
                ") at non-singleton dimension 1.  Target sizes: ", IntArrayRef(shape),
                ".  Tensor sizes: ", bias->sizes());
  }
  TensorBase out = empty_tensor(shape, input.scalar_type(), input.device());
  if (out.numel() == 0) return out;
  const int64_t flat[] = {rows, in}, flat_out[] = {rows, out_features};
  const TensorBase a = input.is_contiguous() ? input : ops::clone(input, MemoryFormat::Contiguous);
  const TensorBase a2 = alias_with(a, flat, contiguous_strides(flat), a.storage_offset());
  const int64_t w_sizes[] = {in, out_features};
  const int64_t w_strides[] = {weight.strides().back(), vector ? 1 : weight.stride(0)};
  const TensorBase w2 = alias_with(weight, w_sizes, w_strides, weight.storage_offset());
  const TensorBase out2 = alias_with(out, flat_out, contiguous_strides(flat_out), 0);
  const bool row_bias = has_bias && bias->dim() == 1 && bias->size(0) == out_features;
  run_gemm(out2, a2, w2, row_bias ? *bias : TensorBase());
  if (has_bias && !row_bias) ops::add_(out, *bias);
  return out;
}

}  // namespace tiny_torch::native
