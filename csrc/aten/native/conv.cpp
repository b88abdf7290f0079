// Fronts of the convolutions: checks, shapes, and the reduction of every form to the three passes of conv_stub.
#include "aten/native/conv.h"

#include "generated/kernels/conv.h"
#include "generated/ops/binary.h"
#include "generated/ops/conv.h"
#include "generated/ops/copy.h"
#include "generated/ops/creation.h"
#include "generated/ops/reduce.h"
#include "generated/ops/shape.h"
#include "generated/ops/view.h"

namespace tiny_torch::native {

DEFINE_STUB(conv_stub);

namespace {

struct ConvGeometry {
  DimVector stride, padding, dilation, output_padding;
  bool transposed;
  int64_t groups;
};

DimVector one_per_dim(const char* name, IntArrayRef values, int64_t dims) {
  if (values.size() == 1) return DimVector(static_cast<size_t>(dims), values[0]);
  TORCH_CHECK(static_cast<int64_t>(values.size()) == dims, "expected ", name,
              " to be a single integer value or a list of ", dims,
              " values to match the convolution dimensions, but got ", name, "=", values);
  return DimVector(values);
}

bool any_below(const DimVector& values, int64_t least) {
  for (int64_t v : values) {
    if (v < least) return true;
  }
  return false;
}

ConvGeometry make_geometry(const TensorBase& weight, IntArrayRef stride, IntArrayRef padding, IntArrayRef dilation,
                           bool transposed, IntArrayRef output_padding, int64_t groups) {
  const int64_t dims = weight.dim() - 2;
  TORCH_CHECK(dims > 0, "weight should have at least three dimensions");
  TORCH_CHECK(groups > 0, "non-positive groups is not supported");
  ConvGeometry g{one_per_dim("stride", stride, dims),
                 one_per_dim("padding", padding, dims),
                 one_per_dim("dilation", dilation, dims),
                 one_per_dim("output_padding", output_padding, dims),
                 transposed,
                 groups};
  TORCH_CHECK(!any_below(g.padding, 0), "negative padding is not supported");
  TORCH_CHECK(!any_below(g.output_padding, 0), "negative output_padding is not supported");
  TORCH_CHECK(!any_below(g.stride, 1), "non-positive stride is not supported");
  TORCH_CHECK(!any_below(g.dilation, 1), "dilation should be greater than zero, but got ", IntArrayRef(g.dilation));
  TORCH_CHECK_NOT_IMPLEMENTED(dims <= 3, "convolution: expected 1 to 3 spatial dimensions, got ", dims);
  return g;
}

void check_output_padding(const ConvGeometry& g) {
  for (size_t i = 0; i < g.stride.size() && g.transposed; ++i) {
    TORCH_CHECK(g.output_padding[i] < g.stride[i] || g.output_padding[i] < g.dilation[i],
                "output padding must be smaller than either stride or dilation, but got output_padding ",
                IntArrayRef(g.output_padding), ", stride ", IntArrayRef(g.stride), ", dilation ",
                IntArrayRef(g.dilation));
  }
}

void check_shapes(const TensorBase& input, const TensorBase& weight, const std::optional<TensorBase>& bias,
                  const ConvGeometry& g) {
  const IntArrayRef w = weight.sizes();
  TORCH_CHECK(w[0] >= g.groups, "Given groups=", g.groups, ", expected weight to be at least ", g.groups,
              " at dimension 0, but got weight of size ", w, " instead");
  TORCH_CHECK(w[0] % g.groups == 0, "Given groups=", g.groups, ", expected weight to be divisible by ", g.groups,
              " at dimension 0, but got weight of size [", w, "] instead");
  TORCH_CHECK(input.dim() == weight.dim(), "Expected ", weight.dim(), "-dimensional input for ", weight.dim(),
              "-dimensional weight ", w, ", but got ", input.dim(), "-dimensional input of size ", input.sizes(),
              " instead");
  const int64_t channels = g.transposed ? w[0] : w[1] * g.groups;
  TORCH_CHECK(input.size(1) == channels, "Given ", g.transposed ? "transposed=1" : str("groups=", g.groups),
              ", weight of size ", w, ", expected input", input.sizes(), " to have ", channels, " channels, but got ",
              input.size(1), " channels instead");
  const int64_t out_channels = g.transposed ? w[1] * g.groups : w[0];
  if (bias.has_value()) {
    TORCH_CHECK(bias->dim() == 1 && bias->size(0) == out_channels, "Given ", g.transposed ? "transposed=1, " : "",
                "weight of size ", w, ", expected bias to be 1-dimensional with ", out_channels,
                " elements, but got bias of size ", bias->sizes(), " instead");
  }
  for (size_t i = 0; i < g.stride.size(); ++i) {
    TORCH_CHECK(w[i + 2] > 0, "kernel size should be greater than zero, but got a kernel of size ", w.slice(2));
    if (g.transposed) continue;
    TORCH_CHECK(input.sizes()[i + 2] + 2 * g.padding[i] >= g.dilation[i] * (w[i + 2] - 1) + 1,
                "Calculated padded input size per channel: (", input.sizes()[i + 2] + 2 * g.padding[i],
                "). Kernel size: (", g.dilation[i] * (w[i + 2] - 1) + 1,
                "). Kernel size can't be greater than actual input size, in spatial dimension ", i);
  }
}

void check_dtypes(const TensorBase& input, const TensorBase& weight, const std::optional<TensorBase>& bias) {
  TORCH_CHECK(input.scalar_type() == weight.scalar_type(), "expected scalar type ", to_string(input.scalar_type()),
              " but found ", to_string(weight.scalar_type()));
  TORCH_CHECK(!bias.has_value() || bias->scalar_type() == input.scalar_type(), "Input type (",
              to_string(input.scalar_type()), ") and bias type (",
              bias.has_value() ? to_string(bias->scalar_type()) : "", ") should be the same");
  TORCH_CHECK(input.device() == weight.device(), "convolution: expected input and weight on one device, got ",
              input.device(), " and ", weight.device());
  TORCH_CHECK_NOT_IMPLEMENTED(input.scalar_type() != kBool && !is_float8(input.scalar_type()),
                              "\"convolution\" not implemented for '", to_string(input.scalar_type()), "'");
}

DimVector output_shape(const TensorBase& input, const TensorBase& weight, const ConvGeometry& g) {
  DimVector shape{input.size(0), g.transposed ? weight.size(1) * g.groups : weight.size(0)};
  for (size_t i = 0; i < g.stride.size(); ++i) {
    const int64_t extent = g.dilation[i] * (weight.sizes()[i + 2] - 1) + 1, in = input.sizes()[i + 2];
    const int64_t out = g.transposed ? (in - 1) * g.stride[i] - 2 * g.padding[i] + extent + g.output_padding[i]
                                     : (in + 2 * g.padding[i] - extent) / g.stride[i] + 1;
    TORCH_CHECK(out >= (g.transposed ? 1 : 0), "Given input size per channel: ", input.sizes().slice(2),
                ". Calculated output size in spatial dimension ", i, ": ", out, ". Output size is too small");
    shape.push_back(out);
  }
  return shape;
}

// Channels last if one of the operands is.
MemoryFormat result_format(const TensorBase& input, const TensorBase& weight) {
  const MemoryFormat first = input.suggest_memory_format();
  return first == MemoryFormat::Contiguous ? weight.suggest_memory_format() : first;
}

bool any_empty(const TensorBase& a, const TensorBase& b) { return a.numel() == 0 || b.numel() == 0; }

void run(ConvPass pass, const TensorBase& src, const TensorBase& weight, const TensorBase& dst, const TensorBase& bias,
         const ConvGeometry& g) {
  conv_stub(src.device().type(), ConvCall{pass, src, weight, dst, bias, g.stride, g.padding, g.dilation, g.groups});
}

// A bias as (O, 1, ...), to be added to a result.
TensorBase bias_per_channel(const TensorBase& bias, int64_t dims) {
  DimVector shape(static_cast<size_t>(dims - 1), 1);
  shape[0] = bias.size(0);
  return ops::reshape(bias, shape);
}

TensorBase sum_per_channel(const TensorBase& grad_output) {
  DimVector dims;
  for (int64_t d = 0; d < grad_output.dim(); ++d) {
    if (d != 1) dims.push_back(d);
  }
  return ops::sum(grad_output, OptionalIntArrayRef(IntArrayRef(dims)));
}

}  // namespace

TensorBase convolution(const TensorBase& input, const TensorBase& weight, const std::optional<TensorBase>& bias,
                       IntArrayRef stride, IntArrayRef padding, IntArrayRef dilation, bool transposed,
                       IntArrayRef output_padding, int64_t groups) {
  const ConvGeometry g = make_geometry(weight, stride, padding, dilation, transposed, output_padding, groups);
  check_shapes(input, weight, bias, g);
  check_output_padding(g);
  check_dtypes(input, weight, bias);
  TensorBase out =
      empty_tensor(output_shape(input, weight, g), input.scalar_type(), input.device(), result_format(input, weight));
  if (out.numel() == 0) return out;
  const bool has_bias = bias.has_value();
  if (any_empty(input, weight)) {
    ops::zero_(out);
  } else if (transposed) {
    run(ConvPass::BackwardInput, out, weight, input, {}, g);
  } else {
    run(ConvPass::Forward, input, weight, out, has_bias ? *bias : TensorBase(), g);
    return out;
  }
  if (has_bias) ops::add_(out, bias_per_channel(*bias, out.dim()));
  return out;
}

std::tuple<TensorBase, TensorBase, TensorBase> convolution_backward(
    const TensorBase& grad_output, const TensorBase& input, const TensorBase& weight,
    OptionalIntArrayRef /*bias_sizes*/, IntArrayRef stride, IntArrayRef padding, IntArrayRef dilation, bool transposed,
    IntArrayRef output_padding, int64_t groups, ArrayRef<bool> output_mask) {
  TORCH_CHECK(output_mask.size() == 3, "convolution_backward: expected output_mask to have 3 values, got ",
              output_mask.size());
  const ConvGeometry g = make_geometry(weight, stride, padding, dilation, transposed, output_padding, groups);
  check_shapes(input, weight, std::nullopt, g);
  check_dtypes(input, weight, std::nullopt);
  check_dtypes(input, grad_output, std::nullopt);
  const DimVector expected = output_shape(input, weight, g);
  TORCH_CHECK(grad_output.sizes() == IntArrayRef(expected), "convolution_backward: expected grad_output of size ",
              IntArrayRef(expected), ", got ", grad_output.sizes());
  const bool empty = any_empty(input, weight) || grad_output.numel() == 0;
  const MemoryFormat format = result_format(input, weight);
  TensorBase grad_input, grad_weight, grad_bias;
  if (output_mask[0]) {
    grad_input = empty_tensor(input.sizes(), input.scalar_type(), input.device(), format);
    if (empty) {
      ops::zero_(grad_input);
    } else if (transposed) {
      run(ConvPass::Forward, grad_output, weight, grad_input, {}, g);
    } else {
      run(ConvPass::BackwardInput, grad_input, weight, grad_output, {}, g);
    }
  }
  if (output_mask[1]) {
    grad_weight = empty_tensor(weight.sizes(), weight.scalar_type(), weight.device(), format);
    if (empty) {
      ops::zero_(grad_weight);
    } else {
      if (output_mask[2] && !transposed)
        grad_bias = empty_tensor({weight.size(0)}, weight.scalar_type(), weight.device());
      run(ConvPass::BackwardWeight, transposed ? grad_output : input, grad_weight, transposed ? input : grad_output,
          grad_bias, g);
    }
  }
  if (output_mask[2] && !grad_bias.defined()) grad_bias = sum_per_channel(grad_output);
  return {grad_input, grad_weight, grad_bias};
}

namespace {

TensorBase conv_n(const char* name, int64_t dims, const TensorBase& input, const TensorBase& weight,
                  const std::optional<TensorBase>& bias, IntArrayRef stride, IntArrayRef padding, IntArrayRef dilation,
                  bool transposed, IntArrayRef output_padding, int64_t groups) {
  TORCH_CHECK(input.dim() == dims + 1 || input.dim() == dims + 2, "Expected ", dims + 1, "D (unbatched) or ", dims + 2,
              "D (batched) input to ", name, ", but got input of size: ", input.sizes());
  if (input.dim() == dims + 2)
    return ops::convolution(input, weight, bias, stride, padding, dilation, transposed, output_padding, groups);
  return ops::squeeze(ops::convolution(ops::unsqueeze(input, 0), weight, bias, stride, padding, dilation, transposed,
                                       output_padding, groups),
                      0);
}

TensorBase conv_forward(const char* name, int64_t dims, const TensorBase& input, const TensorBase& weight,
                        const std::optional<TensorBase>& bias, IntArrayRef stride, IntArrayRef padding,
                        IntArrayRef dilation, int64_t groups) {
  return conv_n(name, dims, input, weight, bias, stride, padding, dilation, false,
                DimVector(static_cast<size_t>(dims), 0), groups);
}

TensorBase with_zeros(const TensorBase& input, IntArrayRef before, IntArrayRef after) {
  DimVector sizes(input.sizes());
  const size_t first = sizes.size() - before.size();
  for (size_t i = 0; i < before.size(); ++i) sizes[first + i] += before[i] + after[i];
  TensorBase padded = ops::zeros(sizes, input.scalar_type(), std::nullopt, input.device());
  TensorBase inside = padded;
  for (size_t i = 0; i < before.size(); ++i) {
    inside = ops::narrow(inside, static_cast<int64_t>(first + i), before[i], input.sizes()[first + i]);
  }
  ops::copy_(inside, input);
  return padded;
}

TensorBase conv_named_padding(const char* name, int64_t dims, const TensorBase& input, const TensorBase& weight,
                              const std::optional<TensorBase>& bias, IntArrayRef stride, std::string_view padding,
                              IntArrayRef dilation, int64_t groups) {
  const DimVector none(static_cast<size_t>(dims), 0);
  if (padding == "valid") return conv_forward(name, dims, input, weight, bias, stride, none, dilation, groups);
  TORCH_CHECK(padding == "same", "Invalid padding string: '", padding, "'");
  TORCH_CHECK(weight.dim() == dims + 2, name, ": expected weight to have ", dims + 2, " dimensions, got ",
              weight.dim());
  for (int64_t s : stride) TORCH_CHECK(s == 1, "padding='same' is not supported for strided convolutions");
  const DimVector steps = one_per_dim("dilation", dilation, dims);
  DimVector both(none), before(none), after(none);
  bool even = true;
  for (size_t i = 0; i < both.size(); ++i) {
    const int64_t total = std::max<int64_t>(0, steps[i] * (weight.sizes()[i + 2] - 1));
    both[i] = total / 2;
    after[i] = total % 2;
    even &= after[i] == 0;
  }
  if (even) return conv_forward(name, dims, input, weight, bias, stride, both, dilation, groups);
  // An odd total puts the extra zero behind.
  TORCH_CHECK(input.dim() == dims + 1 || input.dim() == dims + 2, "Expected ", dims + 1, "D (unbatched) or ", dims + 2,
              "D (batched) input to ", name, ", but got input of size: ", input.sizes());
  return conv_forward(name, dims, with_zeros(input, before, after), weight, bias, stride, both, dilation, groups);
}

}  // namespace

TensorBase conv1d(const TensorBase& input, const TensorBase& weight, const std::optional<TensorBase>& bias,
                  IntArrayRef stride, IntArrayRef padding, IntArrayRef dilation, int64_t groups) {
  return conv_forward("conv1d", 1, input, weight, bias, stride, padding, dilation, groups);
}
TensorBase conv2d(const TensorBase& input, const TensorBase& weight, const std::optional<TensorBase>& bias,
                  IntArrayRef stride, IntArrayRef padding, IntArrayRef dilation, int64_t groups) {
  return conv_forward("conv2d", 2, input, weight, bias, stride, padding, dilation, groups);
}
TensorBase conv3d(const TensorBase& input, const TensorBase& weight, const std::optional<TensorBase>& bias,
                  IntArrayRef stride, IntArrayRef padding, IntArrayRef dilation, int64_t groups) {
  return conv_forward("conv3d", 3, input, weight, bias, stride, padding, dilation, groups);
}
TensorBase conv1d(const TensorBase& input, const TensorBase& weight, const std::optional<TensorBase>& bias,
                  IntArrayRef stride, std::string_view padding, IntArrayRef dilation, int64_t groups) {
  return conv_named_padding("conv1d", 1, input, weight, bias, stride, padding, dilation, groups);
}
TensorBase conv2d(const TensorBase& input, const TensorBase& weight, const std::optional<TensorBase>& bias,
                  IntArrayRef stride, std::string_view padding, IntArrayRef dilation, int64_t groups) {
  return conv_named_padding("conv2d", 2, input, weight, bias, stride, padding, dilation, groups);
}
TensorBase conv3d(const TensorBase& input, const TensorBase& weight, const std::optional<TensorBase>& bias,
                  IntArrayRef stride, std::string_view padding, IntArrayRef dilation, int64_t groups) {
  return conv_named_padding("conv3d", 3, input, weight, bias, stride, padding, dilation, groups);
}

TensorBase conv_transpose1d(const TensorBase& input, const TensorBase& weight, const std::optional<TensorBase>& bias,
                            IntArrayRef stride, IntArrayRef padding, IntArrayRef output_padding, int64_t groups,
                            IntArrayRef dilation) {
  return conv_n("conv_transpose1d", 1, input, weight, bias, stride, padding, dilation, true, output_padding, groups);
}
TensorBase conv_transpose2d(const TensorBase& input, const TensorBase& weight, const std::optional<TensorBase>& bias,
                            IntArrayRef stride, IntArrayRef padding, IntArrayRef output_padding, int64_t groups,
                            IntArrayRef dilation) {
  return conv_n("conv_transpose2d", 2, input, weight, bias, stride, padding, dilation, true, output_padding, groups);
}
TensorBase conv_transpose3d(const TensorBase& input, const TensorBase& weight, const std::optional<TensorBase>& bias,
                            IntArrayRef stride, IntArrayRef padding, IntArrayRef output_padding, int64_t groups,
                            IntArrayRef dilation) {
  return conv_n("conv_transpose3d", 3, input, weight, bias, stride, padding, dilation, true, output_padding, groups);
}

}  // namespace tiny_torch::native
