// Fronts of pooling: windows, shapes and checks; every kind is brought to (N, C, D, H, W) for its stub.
#include "aten/native/pool.h"

#include "aten/core/op_support.h"
#include "generated/kernels/pool.h"
#include "generated/ops/copy.h"
#include "generated/ops/creation.h"
#include "generated/ops/pool.h"
#include "generated/ops/reduce.h"
#include "generated/ops/shape.h"
#include "generated/ops/view.h"

namespace tiny_torch::native {

DEFINE_STUB(max_pool_stub);
DEFINE_STUB(pool_gather_stub);
DEFINE_STUB(pool_scatter_stub);
DEFINE_STUB(avg_pool_stub);
DEFINE_STUB(avg_pool_backward_stub);
DEFINE_STUB(adaptive_avg_pool_stub);
DEFINE_STUB(adaptive_avg_pool_backward_stub);

TensorBase as_5d(const TensorBase& t, int64_t dims) {
  DimVector sizes, strides;
  const auto missing = static_cast<size_t>(3 - dims);
  const bool unbatched = t.dim() == dims + 1;
  if (unbatched) {
    sizes.push_back(1);
    strides.push_back(0);
  }
  const size_t leading = unbatched ? 1 : 2;
  for (size_t i = 0; i < leading; ++i) {
    sizes.push_back(t.sizes()[i]);
    strides.push_back(t.strides()[i]);
  }
  for (size_t i = 0; i < missing; ++i) {
    sizes.push_back(1);
    strides.push_back(0);
  }
  for (size_t i = leading; i < t.sizes().size(); ++i) {
    sizes.push_back(t.sizes()[i]);
    strides.push_back(t.strides()[i]);
  }
  return alias_with(t, sizes, strides, t.storage_offset());
}

namespace {

const char* in_words(int64_t dims) { return dims == 1 ? "one int" : dims == 2 ? "two ints" : "three ints"; }

void check_count(const char* op, const char* name, IntArrayRef values, int64_t dims, bool may_be_omitted = false) {
  const auto n = static_cast<int64_t>(values.size());
  TORCH_CHECK(n == 1 || n == dims || (may_be_omitted && n == 0), op, ": ", name, " must ",
              may_be_omitted ? "either be omitted, " : "either be ", "a single int, or a tuple of ", in_words(dims));
}

// Puts `values` at the end of three.
void spread(std::array<int64_t, 3>& to, IntArrayRef values, int64_t dims) {
  for (int64_t i = 0; i < dims; ++i)
    to[static_cast<size_t>(3 - dims + i)] = values[values.size() == 1 ? 0 : static_cast<size_t>(i)];
}

int64_t pooled_size(int64_t in, int64_t kernel, int64_t stride, int64_t padding, int64_t dilation, bool ceil_mode) {
  const int64_t span = in + 2 * padding - dilation * (kernel - 1) - 1 + (ceil_mode ? stride - 1 : 0);
  // Rounds to minus infinity.
  int64_t out = (span >= 0 ? span / stride : -((-span + stride - 1) / stride)) + 1;
  // The last window has to start inside the input or its padding on the left.
  if (ceil_mode && (out - 1) * stride >= in + padding) --out;
  return out;
}

struct WindowArgs {
  IntArrayRef kernel, stride, padding, dilation;
  bool ceil_mode;
};

// PyTorch reads the channels of an average's input before it looks at the number of dims.
void check_has_channels(const TensorBase& self, int64_t dims) {
  TORCH_CHECK_INDEX(self.dim() > dims, "Dimension out of range (expected to be in range of [", -self.dim(), ", ",
                    self.dim() - 1, "], but got ", -dims - 1, ")");
}

void check_int32(IntArrayRef values) {
  for (int64_t v : values)
    TORCH_CHECK(v == static_cast<int32_t>(v), "value cannot be converted to type int without overflow");
}

// The windows of an op with `dims` spatial dims on `self`; all of PyTorch's refusals.
PoolWindows make_windows(const char* op, int64_t dims, const TensorBase& self, const WindowArgs& args,
                         bool is_average = false) {
  check_count(op, "kernel_size", args.kernel, dims);
  check_count(op, "stride", args.stride, dims, true);
  check_count(op, "padding", args.padding, dims);
  check_count(op, "dilation", args.dilation, dims);
  for (IntArrayRef values : {args.kernel, args.stride, args.padding, args.dilation}) check_int32(values);
  if (is_average && dims == 2) check_has_channels(self, dims);
  PoolWindows w;
  spread(w.kernel, args.kernel, dims);
  spread(w.stride, args.stride.empty() ? args.kernel : args.stride, dims);
  spread(w.padding, args.padding, dims);
  spread(w.dilation, args.dilation, dims);
  TORCH_CHECK(self.dim() == dims + 1 || self.dim() == dims + 2, op, ": non-empty ", dims + 1, "D or ", dims + 2,
              "D (batch mode) tensor expected for input, got size ", self.sizes());
  for (size_t i = static_cast<size_t>(3 - dims); i < 3; ++i) {
    w.in[i] = self.sizes()[static_cast<size_t>(self.dim()) + i - 3];
    TORCH_CHECK(w.stride[i] != 0, "stride should not be zero");
    TORCH_CHECK(w.kernel[i] > 0 && w.stride[i] > 0,
                "kernel size and stride should be greater than zero, but got kernel_size ", args.kernel, " and stride ",
                args.stride);
    TORCH_CHECK(w.padding[i] >= 0, "pad must be non-negative, but got pad: ", w.padding[i]);
    TORCH_CHECK(w.dilation[i] > 0, "dilation should be greater than zero, but got dilation ", args.dilation);
    TORCH_CHECK(w.padding[i] <= ((w.kernel[i] - 1) * w.dilation[i] + 1) / 2,
                "pad should be at most half of effective kernel size, but got pad=", w.padding[i],
                ", kernel_size=", w.kernel[i], " and dilation=", w.dilation[i]);
    w.out[i] = pooled_size(w.in[i], w.kernel[i], w.stride[i], w.padding[i], w.dilation[i], args.ceil_mode);
  }
  const size_t batch = self.dim() == dims + 2 ? 1 : 0;
  for (size_t i = batch; i < static_cast<size_t>(self.dim()); ++i) {
    TORCH_CHECK(self.sizes()[i] != 0, "Expected ", dims + 1, "D or ", dims + 2,
                "D (batch mode) tensor with optional 0 dim batch size for input, but got:", self.sizes());
  }
  for (size_t i = static_cast<size_t>(3 - dims); i < 3; ++i) {
    TORCH_CHECK(w.out[i] >= 1, "Given input size: ", self.sizes().slice(batch),
                ". Calculated output size in spatial dimension ", i, ": ", w.out[i], ". Output size is too small");
  }
  return w;
}

void check_dtype(const char* op, const TensorBase& self, bool integers) {
  const ScalarType t = self.scalar_type();
  const bool ok = integers ? !is_complex_type(t) && t != kBool && !is_float8(t) : is_floating_point(t) && !is_float8(t);
  TORCH_CHECK_NOT_IMPLEMENTED(ok, "\"", op, "\" not implemented for '", to_string(t), "'");
}

DimVector pooled_shape(const TensorBase& self, const PoolWindows& w, int64_t dims) {
  DimVector shape(self.sizes());
  for (int64_t i = 0; i < dims; ++i)
    shape[shape.size() - static_cast<size_t>(dims - i)] = w.out[static_cast<size_t>(3 - dims + i)];
  return shape;
}

TensorBase result_like(const TensorBase& self, IntArrayRef shape, ScalarType dtype) {
  return empty_tensor(shape, dtype, self.device(), self.suggest_memory_format());
}

std::tuple<TensorBase, TensorBase> max_pool(const char* op, int64_t dims, const TensorBase& self,
                                            const WindowArgs& args) {
  const PoolWindows w = make_windows(op, dims, self, args);
  check_dtype(op, self, true);
  const DimVector shape = pooled_shape(self, w, dims);
  TensorBase out = result_like(self, shape, self.scalar_type()), indices = result_like(self, shape, kLong);
  if (out.numel() != 0)
    max_pool_stub(self.device().type(), as_5d(out, dims), as_5d(indices, dims), as_5d(self, dims), w);
  return {out, indices};
}

int64_t product_of_last(IntArrayRef sizes, int64_t n) {
  int64_t product = 1;
  for (size_t i = sizes.size() - static_cast<size_t>(n); i < sizes.size(); ++i) product *= sizes[i];
  return product;
}

void check_one_device(const char* op, const TensorBase& a, const TensorBase& b) {
  TORCH_CHECK(a.device() == b.device(), op, ": Expected all tensors to be on the same device, but found ", a.device(),
              " and ", b.device());
}

TensorBase dense(const TensorBase& t) { return t.is_contiguous() ? t : ops::clone(t, MemoryFormat::Contiguous); }

TensorBase scatter(const char* op, const TensorBase& grad_output, const TensorBase& indices, IntArrayRef input_sizes,
                   int64_t dims) {
  TORCH_CHECK(grad_output.sizes() == indices.sizes(), op, ": expected grad_output and indices of one shape, got ",
              grad_output.sizes(), " and ", indices.sizes());
  TORCH_CHECK(indices.scalar_type() == kLong, op, ": expected indices of dtype int64, got ",
              to_string(indices.scalar_type()));
  check_one_device(op, grad_output, indices);
  TORCH_CHECK(dims >= 1 && dims <= grad_output.dim() && input_sizes.size() == grad_output.sizes().size(), op,
              ": expected sizes with ", grad_output.dim(), " dims, got ", input_sizes);
  for (size_t i = 0; i + static_cast<size_t>(dims) < input_sizes.size(); ++i) {
    TORCH_CHECK(input_sizes[i] == grad_output.sizes()[i], op,
                ": expected input and grad_output to agree in batch and channels, got ", input_sizes, " and ",
                grad_output.sizes());
  }
  TensorBase grad_input = empty_tensor(input_sizes, grad_output.scalar_type(), grad_output.device());
  if (grad_input.numel() == 0) return grad_input;
  if (grad_output.numel() == 0) return ops::zero_(grad_input);
  pool_scatter_stub(grad_input.device().type(), grad_input, dense(grad_output), dense(indices),
                    product_of_last(input_sizes, dims), product_of_last(grad_output.sizes(), dims));
  return grad_input;
}

TensorBase max_pool_backward(const char* op, int64_t dims, const TensorBase& grad_output, const TensorBase& self,
                             const WindowArgs& args, const TensorBase& indices) {
  const PoolWindows w = make_windows(op, dims, self, args);
  const DimVector shape = pooled_shape(self, w, dims);
  TORCH_CHECK(grad_output.sizes() == IntArrayRef(shape), op, ": expected grad_output of size ", IntArrayRef(shape),
              ", got ", grad_output.sizes());
  TORCH_CHECK(grad_output.scalar_type() == self.scalar_type(), "expected dtype ", to_string(self.scalar_type()),
              " for `grad_output` but got dtype ", to_string(grad_output.scalar_type()));
  const MemoryFormat format = self.suggest_memory_format();
  TensorBase grad_input = scatter(op, grad_output, indices, self.sizes(), dims);
  return format == MemoryFormat::Contiguous ? grad_input : ops::clone(grad_input, format);
}

TensorBase avg_pool(const char* op, int64_t dims, const TensorBase& self, const WindowArgs& args, AvgDivisor divisor) {
  const PoolWindows w = make_windows(op, dims, self, args, true);
  if (dims == 3) {  // as in PyTorch: padding makes no room here
    for (int64_t d = 0; d < 3; ++d) {
      const int64_t size = self.size(d - 3), kernel = args.kernel[args.kernel.size() == 1 ? 0 : d];
      TORCH_CHECK(kernel <= size, op, "(): a window of ", kernel, " is larger than the input's ", size, " in dim ",
                  d - 3);
    }
  }
  // int64 is the one integer dtype that PyTorch averages.
  if (self.scalar_type() != kLong) check_dtype(op, self, false);
  TensorBase out = result_like(self, pooled_shape(self, w, dims), self.scalar_type());
  if (out.numel() != 0) avg_pool_stub(self.device().type(), as_5d(out, dims), as_5d(self, dims), w, divisor);
  return out;
}

TensorBase avg_pool_backward(const char* op, int64_t dims, const TensorBase& grad_output, const TensorBase& self,
                             const WindowArgs& args, AvgDivisor divisor) {
  const PoolWindows w = make_windows(op, dims, self, args);
  if (self.scalar_type() != kLong) check_dtype(op, self, false);
  const DimVector shape = pooled_shape(self, w, dims);
  TORCH_CHECK(grad_output.sizes() == IntArrayRef(shape), op, ": expected grad_output of size ", IntArrayRef(shape),
              ", got ", grad_output.sizes());
  TORCH_CHECK(grad_output.scalar_type() == self.scalar_type(), "expected dtype ", to_string(self.scalar_type()),
              " for `grad_output` but got dtype ", to_string(grad_output.scalar_type()));
  TensorBase grad_input = result_like(self, self.sizes(), self.scalar_type());
  if (grad_input.numel() != 0)
    avg_pool_backward_stub(self.device().type(), as_5d(grad_input, dims), as_5d(grad_output, dims), w, divisor);
  return grad_input;
}

AvgDivisor make_divisor(bool count_include_pad, std::optional<int64_t> divisor_override) {
  TORCH_CHECK(!divisor_override.has_value() || *divisor_override != 0, "divisor must be not zero");
  return {count_include_pad, divisor_override.value_or(0)};
}

// Of windows whose ends depend on the position: only shapes are checked.
void check_adaptive(const char* op, int64_t dims, const TensorBase& self) {
  TORCH_CHECK(self.dim() == dims + 1 || self.dim() == dims + 2, op, "(): Expected ", dims + 1, "D or ", dims + 2,
              "D tensor, but got ", self.sizes());
  for (int64_t i = 0; i < dims; ++i) {
    const int64_t at = self.dim() - dims + i;
    TORCH_CHECK(self.size(at) > 0, op,
                "(): Expected input to have non-zero size for non-batch dimensions, but input has sizes ", self.sizes(),
                " with dimension ", at, " being empty");
  }
}

void check_output_size(const char* op, IntArrayRef output_size, int64_t dims) {
  TORCH_CHECK(static_cast<int64_t>(output_size.size()) == dims, op, ": output_size must be ", dims);
  for (int64_t size : output_size) {
    TORCH_CHECK(size >= 0, op, ": elements of output_size must be greater than or equal to 0 but received ",
                output_size);
  }
}

// One place as the output is a mean, of tensors of any number of dims; the kernels of pooling keep channels last.
bool is_mean(const TensorBase& self, IntArrayRef output_size) {
  for (int64_t size : output_size) {
    if (size != 1) return false;
  }
  return self.suggest_memory_format() == MemoryFormat::Contiguous;
}

TensorBase adaptive_pool(const char* op, int64_t dims, const TensorBase& self, IntArrayRef output_size) {
  check_output_size(op, output_size, dims);
  check_adaptive(op, dims, self);
  if (self.numel() != 0) check_dtype(op, self, false);
  DimVector shape(self.sizes());
  for (size_t i = 0; i < output_size.size(); ++i) shape[shape.size() - output_size.size() + i] = output_size[i];
  TensorBase out = result_like(self, shape, self.scalar_type());
  if (out.numel() != 0) adaptive_avg_pool_stub(self.device().type(), as_5d(out, dims), as_5d(self, dims));
  return out;
}

TensorBase adaptive_pool_backward(const char* op, int64_t dims, const TensorBase& grad_output, const TensorBase& self) {
  check_adaptive(op, dims, self);
  check_dtype(op, self, false);
  TORCH_CHECK(grad_output.dim() == self.dim(), op, ": expected grad_output with ", self.dim(), " dims, got ",
              grad_output.sizes());
  for (int64_t i = 0; i < self.dim() - dims; ++i) {
    TORCH_CHECK(grad_output.size(i) == self.size(i), op,
                ": expected grad_output to agree with input in batch and channels, got ", grad_output.sizes(), " and ",
                self.sizes());
  }
  TORCH_CHECK(grad_output.scalar_type() == self.scalar_type(), "expected dtype ", to_string(self.scalar_type()),
              " for `grad_output` but got dtype ", to_string(grad_output.scalar_type()));
  check_one_device(op, grad_output, self);
  TensorBase grad_input = result_like(self, self.sizes(), self.scalar_type());
  if (grad_input.numel() == 0) return grad_input;
  if (grad_output.numel() == 0) return ops::zero_(grad_input);
  adaptive_avg_pool_backward_stub(self.device().type(), as_5d(grad_input, dims), as_5d(grad_output, dims));
  return grad_input;
}

DimVector behind_one(IntArrayRef values, int64_t fill) {
  DimVector two;
  if (values.empty()) return two;
  two.push_back(fill);
  for (int64_t v : values) two.push_back(v);
  return two;
}

void check_1d(const char* op, const TensorBase& self) {
  TORCH_CHECK(self.dim() == 2 || self.dim() == 3, op, "() Expected 2D or 3D input tensor, but got ", self.sizes());
}

// These outputs take the order of a batch's result even where they had its shape, as in PyTorch.
TensorBase& write_anew(const char* op, TensorBase& out, const TensorBase& result) {
  check_output(op, out, result);
  if (out.sizes() != result.sizes()) resize_output(out, result.sizes());
  resize_contiguous(out, result.sizes());
  out.impl()->set_sizes_and_strides(result.sizes(), result.strides());
  return ops::copy_(out, result);
}

}  // namespace

std::tuple<TensorBase&, TensorBase&> max_pool3d_with_indices_out(TensorBase& out, TensorBase& indices,
                                                                 const TensorBase& self, IntArrayRef kernel_size,
                                                                 IntArrayRef stride, IntArrayRef padding,
                                                                 IntArrayRef dilation, bool ceil_mode) {
  const AutoDispatchBelowAutograd guard;
  const auto [result, positions] =
      ops::max_pool3d_with_indices(self, kernel_size, stride, padding, dilation, ceil_mode);
  check_out_dtype(out, result.scalar_type());
  check_out_dtype(indices, positions.scalar_type());
  if (result.dim() != 5) {
    write_output("max_pool3d_with_indices", out, result);
    write_output("max_pool3d_with_indices", indices, positions);
    return {out, indices};
  }
  return {write_anew("max_pool3d_with_indices", out, result),
          write_anew("max_pool3d_with_indices", indices, positions)};
}

std::tuple<TensorBase, TensorBase> max_pool2d_with_indices(const TensorBase& self, IntArrayRef kernel_size,
                                                           IntArrayRef stride, IntArrayRef padding,
                                                           IntArrayRef dilation, bool ceil_mode) {
  return max_pool("max_pool2d", 2, self, {kernel_size, stride, padding, dilation, ceil_mode});
}
std::tuple<TensorBase, TensorBase> max_pool3d_with_indices(const TensorBase& self, IntArrayRef kernel_size,
                                                           IntArrayRef stride, IntArrayRef padding,
                                                           IntArrayRef dilation, bool ceil_mode) {
  return max_pool("max_pool3d", 3, self, {kernel_size, stride, padding, dilation, ceil_mode});
}
TensorBase max_pool2d_with_indices_backward(const TensorBase& grad_output, const TensorBase& self,
                                            IntArrayRef kernel_size, IntArrayRef stride, IntArrayRef padding,
                                            IntArrayRef dilation, bool ceil_mode, const TensorBase& indices) {
  return max_pool_backward("max_pool2d_backward", 2, grad_output, self,
                           {kernel_size, stride, padding, dilation, ceil_mode}, indices);
}
TensorBase max_pool3d_with_indices_backward(const TensorBase& grad_output, const TensorBase& self,
                                            IntArrayRef kernel_size, IntArrayRef stride, IntArrayRef padding,
                                            IntArrayRef dilation, bool ceil_mode, const TensorBase& indices) {
  return max_pool_backward("max_pool3d_backward", 3, grad_output, self,
                           {kernel_size, stride, padding, dilation, ceil_mode}, indices);
}

TensorBase _pool_gather(const TensorBase& self, const TensorBase& indices, int64_t spatial_dims) {
  TORCH_CHECK(self.dim() == indices.dim() && spatial_dims >= 1 && spatial_dims <= self.dim(),
              "_pool_gather: expected indices with ", self.dim(), " dims, got ", indices.sizes());
  TORCH_CHECK(indices.scalar_type() == kLong, "_pool_gather: expected indices of dtype int64, got ",
              to_string(indices.scalar_type()));
  for (int64_t i = 0; i < self.dim() - spatial_dims; ++i) {
    TORCH_CHECK(self.size(i) == indices.size(i),
                "_pool_gather: expected input and indices to agree in batch and channels, got ", self.sizes(), " and ",
                indices.sizes());
  }
  TensorBase out = empty_tensor(indices.sizes(), self.scalar_type(), self.device());
  if (out.numel() == 0) return out;
  pool_gather_stub(self.device().type(), out, dense(self), dense(indices), product_of_last(self.sizes(), spatial_dims),
                   product_of_last(indices.sizes(), spatial_dims));
  return out;
}

TensorBase _pool_scatter(const TensorBase& grad_output, const TensorBase& indices, IntArrayRef input_sizes,
                         int64_t spatial_dims) {
  return scatter("_pool_scatter", grad_output, indices, input_sizes, spatial_dims);
}

std::tuple<TensorBase, TensorBase> max_pool1d_with_indices(const TensorBase& self, IntArrayRef kernel_size,
                                                           IntArrayRef stride, IntArrayRef padding,
                                                           IntArrayRef dilation, bool ceil_mode) {
  check_1d("max_pool1d", self);
  const auto [out, indices] =
      ops::max_pool2d_with_indices(ops::unsqueeze(self, -2), behind_one(kernel_size, 1), behind_one(stride, 1),
                                   behind_one(padding, 0), behind_one(dilation, 1), ceil_mode);
  return {ops::squeeze(out, -2), ops::squeeze(indices, -2)};
}
TensorBase max_pool1d(const TensorBase& self, IntArrayRef kernel_size, IntArrayRef stride, IntArrayRef padding,
                      IntArrayRef dilation, bool ceil_mode) {
  const TensorBase out =
      std::get<0>(native::max_pool1d_with_indices(self, kernel_size, stride, padding, dilation, ceil_mode));
  // As in PyTorch, only a result that is differentiated keeps channels innermost.
  return out.requires_grad() ? out : ops::contiguous(out);
}

TensorBase avg_pool1d(const TensorBase& self, IntArrayRef kernel_size, IntArrayRef stride, IntArrayRef padding,
                      bool ceil_mode, bool count_include_pad) {
  check_1d("avg_pool1d", self);
  const TensorBase out = ops::avg_pool2d(ops::unsqueeze(self, -2), behind_one(kernel_size, 1), behind_one(stride, 1),
                                         behind_one(padding, 0), ceil_mode, count_include_pad, std::nullopt);
  return ops::squeeze(out, -2);
}
TensorBase avg_pool2d(const TensorBase& self, IntArrayRef kernel_size, IntArrayRef stride, IntArrayRef padding,
                      bool ceil_mode, bool count_include_pad, std::optional<int64_t> divisor_override) {
  return avg_pool("avg_pool2d", 2, self, {kernel_size, stride, padding, {1}, ceil_mode},
                  make_divisor(count_include_pad, divisor_override));
}
TensorBase avg_pool3d(const TensorBase& self, IntArrayRef kernel_size, IntArrayRef stride, IntArrayRef padding,
                      bool ceil_mode, bool count_include_pad, std::optional<int64_t> divisor_override) {
  return avg_pool("avg_pool3d", 3, self, {kernel_size, stride, padding, {1}, ceil_mode},
                  make_divisor(count_include_pad, divisor_override));
}
TensorBase avg_pool2d_backward(const TensorBase& grad_output, const TensorBase& self, IntArrayRef kernel_size,
                               IntArrayRef stride, IntArrayRef padding, bool ceil_mode, bool count_include_pad,
                               std::optional<int64_t> divisor_override) {
  return avg_pool_backward("avg_pool2d_backward", 2, grad_output, self, {kernel_size, stride, padding, {1}, ceil_mode},
                           make_divisor(count_include_pad, divisor_override));
}
TensorBase avg_pool3d_backward(const TensorBase& grad_output, const TensorBase& self, IntArrayRef kernel_size,
                               IntArrayRef stride, IntArrayRef padding, bool ceil_mode, bool count_include_pad,
                               std::optional<int64_t> divisor_override) {
  return avg_pool_backward("avg_pool3d_backward", 3, grad_output, self, {kernel_size, stride, padding, {1}, ceil_mode},
                           make_divisor(count_include_pad, divisor_override));
}

TensorBase adaptive_avg_pool1d(const TensorBase& self, IntArrayRef output_size) {
  check_1d("adaptive_avg_pool1d", self);
  check_output_size("adaptive_avg_pool1d", output_size, 1);
  return ops::squeeze(ops::adaptive_avg_pool2d(ops::unsqueeze(self, -2), {1, output_size[0]}), -2);
}
TensorBase adaptive_avg_pool2d(const TensorBase& self, IntArrayRef output_size) {
  check_output_size("adaptive_avg_pool2d", output_size, 2);
  if (is_mean(self, output_size)) return ops::mean(self, OptionalIntArrayRef(IntArrayRef({-1, -2})), true);
  return ops::_adaptive_avg_pool2d(self, output_size);
}
TensorBase& adaptive_avg_pool2d_out(TensorBase& out, const TensorBase& self, IntArrayRef output_size) {
  const AutoDispatchBelowAutograd guard;
  const TensorBase result = ops::adaptive_avg_pool2d(self, output_size);
  check_out_dtype(out, result.scalar_type());
  if (result.dim() == 4) return write_anew("adaptive_avg_pool2d", out, result);
  write_output("adaptive_avg_pool2d", out, result);
  return out;
}
TensorBase _adaptive_avg_pool2d(const TensorBase& self, IntArrayRef output_size) {
  return adaptive_pool("adaptive_avg_pool2d", 2, self, output_size);
}
TensorBase _adaptive_avg_pool2d_backward(const TensorBase& grad_output, const TensorBase& self) {
  return adaptive_pool_backward("adaptive_avg_pool2d_backward", 2, grad_output, self);
}
TensorBase adaptive_avg_pool3d(const TensorBase& self, IntArrayRef output_size) {
  check_output_size("adaptive_avg_pool3d", output_size, 3);
  if (is_mean(self, output_size)) return ops::mean(self, OptionalIntArrayRef(IntArrayRef({-1, -2, -3})), true);
  return ops::_adaptive_avg_pool3d(self, output_size);
}
TensorBase _adaptive_avg_pool3d(const TensorBase& self, IntArrayRef output_size) {
  return adaptive_pool("adaptive_avg_pool3d", 3, self, output_size);
}
TensorBase _adaptive_avg_pool3d_backward(const TensorBase& grad_output, const TensorBase& self) {
  return adaptive_pool_backward("adaptive_avg_pool3d_backward", 3, grad_output, self);
}

}  // namespace tiny_torch::native
