// Fronts of padding. Reflection and replication are maps of places, see resample.h.
#include <algorithm>

#include "aten/core/operators.h"
#include "aten/native/pool.h"
#include "aten/native/resample.h"
#include "generated/kernels/pad.h"
#include "generated/ops/copy.h"
#include "generated/ops/creation.h"
#include "generated/ops/join.h"
#include "generated/ops/pad.h"
#include "generated/ops/shape.h"
#include "generated/ops/view.h"

namespace tiny_torch::native {

DEFINE_STUB(map_gather_stub);
DEFINE_STUB(map_scatter_stub);

namespace {

// Paddings of `dim`, counted from the first: they are listed from the last dim on.
struct Padding {
  int64_t before = 0, after = 0;
};
Padding padding_of(IntArrayRef pad, int64_t ndim, int64_t dim) {
  const auto at = static_cast<size_t>(2 * (ndim - 1 - dim));
  return at < pad.size() ? Padding{pad[at], pad[at + 1]} : Padding{};
}

void check_length(IntArrayRef pad, int64_t ndim) {
  TORCH_CHECK(pad.size() % 2 == 0, "Length of pad must be even but instead it equals ", pad.size());
  TORCH_CHECK(static_cast<int64_t>(pad.size()) <= 2 * ndim,
              "Length of pad should be no more than twice the number of dimensions of the input. Pad length is ",
              pad.size(), " while the input has ", ndim, " dimensions.");
}

// The part of `t` that remains when the negative paddings are cut off.
TensorBase cut(TensorBase t, IntArrayRef pad, bool other_side = false) {
  const int64_t sign = other_side ? -1 : 1, ndim = t.dim();
  for (int64_t d = 0; d < ndim; ++d) {
    const Padding p = padding_of(pad, ndim, d);
    const int64_t before = std::max<int64_t>(-sign * p.before, 0), after = std::max<int64_t>(-sign * p.after, 0);
    if (before + after != 0) t = ops::narrow(t, d, before, t.size(d) - before - after);
  }
  return t;
}

int64_t reflected(int64_t place, int64_t size) {
  if (place < 0) return -place;
  return place < size ? place : 2 * (size - 1) - place;
}

AxisMaps make_maps(PadMode mode, int64_t dims, const TensorBase& self, IntArrayRef pad) {
  AxisMaps maps;
  for (int64_t i = 0; i < 3; ++i) {
    std::vector<int64_t>& map = maps[static_cast<size_t>(i)];
    if (i < 3 - dims) {
      map.push_back(0);
      continue;
    }
    const int64_t size = self.size(self.dim() - 3 + i);
    const Padding p = padding_of(pad, 3, i);
    map.reserve(static_cast<size_t>(size + p.before + p.after));
    for (int64_t place = -p.before; place < size + p.after; ++place)
      map.push_back(mode == PadMode::Reflect ? reflected(place, size) : std::clamp<int64_t>(place, 0, size - 1));
  }
  return maps;
}

// The shape of the result, after all of PyTorch's refusals.
DimVector padded_shape(const char* op, int64_t dims, PadMode mode, const TensorBase& self, IntArrayRef padding) {
  TORCH_CHECK(static_cast<int64_t>(padding.size()) == 2 * dims, op, ": padding size is expected to be ", 2 * dims,
              ", but got: ", padding.size());
  const int64_t ndim = self.dim();
  bool fits = ndim == dims + 1 || ndim == dims + 2;
  for (int64_t d = ndim == dims + 2 ? 1 : 0; fits && d < ndim; ++d) fits = self.size(d) != 0;
  TORCH_CHECK(fits, "Expected ", dims + 1, "D or ", dims + 2,
              "D (batch mode) tensor with possibly 0 batch size and other non-zero dimensions for input, but got: ",
              self.sizes());
  DimVector shape(self.sizes());
  for (int64_t d = ndim - dims; d < ndim; ++d) {
    const Padding p = padding_of(padding, ndim, d);
    const int64_t size = self.size(d);
    TORCH_CHECK(mode != PadMode::Reflect || (p.before < size && p.after < size),
                "Padding size should be less than the corresponding input dimension, but got: padding (", p.before,
                ", ", p.after, ") at dimension ", d, " of input ", self.sizes());
    int64_t& out = shape[static_cast<size_t>(d)];
    const bool fits = !__builtin_add_overflow(size, p.before, &out) && !__builtin_add_overflow(out, p.after, &out);
    TORCH_CHECK(fits, op, ": padding ", padding, " of input of size ", self.sizes(), " overflows in dimension ", d);
    TORCH_CHECK(out >= 1, op, ": input of size ", self.sizes(), " is too small for padding ", padding,
                ". Calculated output size: ", out, " in dimension ", d);
  }
  return shape;
}

void check_padded_dtype(const char* op, const TensorBase& self) {
  TORCH_CHECK_NOT_IMPLEMENTED(self.scalar_type() != kBool, "\"", op, "\" not implemented for 'Bool'");
}

}  // namespace

TensorBase mapped_pad(const char* op, int64_t dims, PadMode mode, const TensorBase& self, IntArrayRef padding) {
  const DimVector shape = padded_shape(op, dims, mode, self, padding);
  check_padded_dtype(op, self);
  TensorBase out = empty_tensor(shape, self.scalar_type(), self.device(),
                                dims == 1 ? MemoryFormat::Contiguous : self.suggest_memory_format());
  if (out.numel() != 0 && !out.is_meta()) {
    map_gather_stub(self.device().type(), as_5d(out, dims), as_5d(self, dims), make_maps(mode, dims, self, padding));
  }
  return out;
}

TensorBase mapped_pad_backward(const char* op, int64_t dims, PadMode mode, const TensorBase& grad_output,
                               const TensorBase& self, IntArrayRef padding) {
  const DimVector shape = padded_shape(op, dims, mode, self, padding);
  check_padded_dtype(op, self);
  TORCH_CHECK(grad_output.sizes() == IntArrayRef(shape), op, ": expected grad_output of size ", IntArrayRef(shape),
              ", got ", grad_output.sizes());
  TORCH_CHECK(grad_output.scalar_type() == self.scalar_type(), op, ": expected grad_output of dtype ",
              to_string(self.scalar_type()), ", got ", to_string(grad_output.scalar_type()));
  TensorBase grad_input = empty_tensor(self.sizes(), self.scalar_type(), self.device(),
                                       dims == 1 ? MemoryFormat::Contiguous : self.suggest_memory_format());
  if (grad_input.numel() != 0 && !grad_input.is_meta()) {
    map_scatter_stub(self.device().type(), as_5d(grad_input, dims), as_5d(grad_output, dims),
                     make_maps(mode, dims, self, padding));
  }
  return grad_input;
}

TensorBase constant_pad_nd(const TensorBase& self, IntArrayRef pad, const Scalar& value) {
  check_length(pad, self.dim());
  if (std::all_of(pad.begin(), pad.end(), [](int64_t n) { return n == 0; })) return ops::clone(self);
  DimVector shape(self.sizes());
  for (int64_t d = 0; d < self.dim(); ++d) {
    const Padding p = padding_of(pad, self.dim(), d);
    int64_t& size = shape[static_cast<size_t>(d)];
    const int64_t cut_off = std::max<int64_t>(-p.before, 0) + std::max<int64_t>(-p.after, 0);
    TORCH_CHECK(size >= cut_off, "The input size ", size, ", plus negative padding ", p.before, " and ", p.after,
                " resulted in a negative output size, which is invalid. Check dimension ", d, " of your input.");
    size += p.before + p.after;
  }
  TensorBase out = empty_tensor(shape, self.scalar_type(), self.device(), self.suggest_memory_format());
  ops::fill_(out, value);
  TensorBase inner = cut(out, pad, true);
  ops::copy_(inner, cut(self, pad));
  return out;
}

TensorBase _pad_circular(const TensorBase& self, IntArrayRef pad) {
  const int64_t ndim = self.dim();
  TORCH_CHECK(static_cast<int64_t>(pad.size()) + 4 >= 2 * ndim && pad.size() % 2 == 0,
              "Invalid padding size, expected ", 2 * (ndim - 2), " but got ", pad.size());
  DimVector shape(self.sizes());
  for (int64_t d = 0; d < ndim; ++d) {
    const Padding p = padding_of(pad, ndim, d);
    int64_t& size = shape[static_cast<size_t>(d)];
    TORCH_CHECK(p.before <= size && p.after <= size, "Padding value causes wrapping around more than once.");
    size += p.before + p.after;
    TORCH_CHECK(size >= 0, "Negative padding value is resulting in an empty dimension");
  }
  // Dim by dim, so that corners wrap in both.
  TensorBase out = self;
  for (int64_t d = 0; d < ndim; ++d) {
    const Padding p = padding_of(pad, ndim, d);
    if (p.before == 0 && p.after == 0) continue;
    const int64_t from = std::max<int64_t>(-p.before, 0), to = out.size(d) - std::max<int64_t>(-p.after, 0);
    const TensorBase inner = ops::narrow(out, d, from, to - from);
    std::vector<TensorBase> parts;
    if (p.before > 0) parts.push_back(ops::narrow(inner, d, inner.size(d) - p.before, p.before));
    parts.push_back(inner);
    if (p.after > 0) parts.push_back(ops::narrow(inner, d, 0, p.after));
    out = ops::cat(parts, d);
  }
  return out.is_same(self) ? ops::clone(self) : out;
}

TensorBase _pad_enum(const TensorBase& self, IntArrayRef pad, int64_t mode, std::optional<double> value) {
  TORCH_CHECK(mode >= 0 && mode <= 3, "_pad_enum(): expected a mode in [0, 3], got ", mode);
  const auto kind = static_cast<PadMode>(mode);
  TORCH_CHECK(pad.size() % 2 == 0, "Padding length must be divisible by 2");
  TORCH_CHECK(static_cast<int64_t>(pad.size()) <= 2 * self.dim(),
              "Padding length should be less than or equal to two times the input dimension but got padding length ",
              pad.size(), " and input of dimension ", self.dim());
  if (kind == PadMode::Constant) return ops::constant_pad_nd(self, pad, Scalar(value.value_or(0.0)));
  static constexpr const char* kNames[] = {"constant", "reflect", "replicate", "circular"};
  TORCH_CHECK(!value.has_value() || *value == 0, "Padding mode \"", kNames[mode], "\" doesn't take in value argument");
  const auto dims = static_cast<int64_t>(pad.size() / 2);
  TORCH_CHECK_NOT_IMPLEMENTED(dims >= 1 && dims <= 3 && (self.dim() == dims + 1 || self.dim() == dims + 2),
                              "pad(): mode \"", kNames[mode],
                              "\" pads the last 1 to 3 dimensions of a tensor that has "
                              "one or two more, got padding of length ",
                              pad.size(), " and a ", self.dim(), "D input; see mode \"constant\" for all others");
  if (kind == PadMode::Circular) return ops::_pad_circular(self, pad);
  const bool reflect = kind == PadMode::Reflect;
  if (dims == 1) return reflect ? ops::reflection_pad1d(self, pad) : ops::replication_pad1d(self, pad);
  if (dims == 2) return reflect ? ops::reflection_pad2d(self, pad) : ops::replication_pad2d(self, pad);
  return reflect ? ops::reflection_pad3d(self, pad) : ops::replication_pad3d(self, pad);
}

TensorBase pad(const TensorBase& self, IntArrayRef pad, std::string_view mode, std::optional<double> value) {
  static constexpr std::string_view kModes[] = {"constant", "reflect", "replicate", "circular"};
  const auto* found = std::find(std::begin(kModes), std::end(kModes), mode);
  TORCH_CHECK_NOT_IMPLEMENTED(found != std::end(kModes), "Unrecognised padding mode ", mode);
  return ops::_pad_enum(self, pad, found - std::begin(kModes), value);
}

}  // namespace tiny_torch::native
