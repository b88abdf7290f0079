// Convolutions on the CPU: the list of implementations, and the reference, which lists the windows of an image as the
// columns of a matrix (im2col) and leaves the rest to gemm.
#include "aten/cpu/conv_kernel.h"

#include <vector>

#include "aten/core/Dispatch.h"
#include "aten/core/verbose.h"
#include "aten/native/copy_stub.h"
#include "aten/native/gemm.h"
#include "c10/parallel.h"

namespace tiny_torch::cpu {
namespace {

using native::ConvCall;
using native::ConvPass;

// Everything with three spatial dims; missing ones have size 1 in front.
struct Geometry {
  int64_t batch, groups, in_channels, out_channels;  // channels per group
  int64_t in[3], out[3], kernel[3], stride[3], padding[3], dilation[3];

  explicit Geometry(const ConvCall& call)
      : batch(call.src.size(0)),
        groups(call.groups),
        in_channels(call.weight.size(1)),
        out_channels(call.weight.size(0) / call.groups) {
    const size_t dims = call.stride.size(), missing = 3 - dims;
    for (size_t i = 0; i < 3; ++i) {
      const bool real = i >= missing;
      const size_t d = real ? i - missing : 0;
      in[i] = real ? call.src.sizes()[d + 2] : 1;
      out[i] = real ? call.dst.sizes()[d + 2] : 1;
      kernel[i] = real ? call.weight.sizes()[d + 2] : 1;
      stride[i] = real ? call.stride[d] : 1;
      padding[i] = real ? call.padding[d] : 0;
      dilation[i] = real ? call.dilation[d] : 1;
    }
  }
  int64_t in_size() const { return in[0] * in[1] * in[2]; }
  int64_t out_size() const { return out[0] * out[1] * out[2]; }
  int64_t kernel_size() const { return kernel[0] * kernel[1] * kernel[2]; }
  int64_t rows() const { return in_channels * kernel_size(); }
  // The columns are the image itself.
  bool is_pointwise() const {
    for (int i = 0; i < 3; ++i) {
      if (kernel[i] != 1 || stride[i] != 1 || padding[i] != 0) return false;
    }
    return true;
  }
};

// Calls f(output begin of the row, input begin of the row, first, last) for each output row whose input row exists; the
// output positions [first, last) have an input position.
template <class F>
void for_each_row(const Geometry& g, int64_t kd, int64_t kh, int64_t kw, const F& f) {
  const int64_t shift = kw * g.dilation[2] - g.padding[2], s = g.stride[2];
  const int64_t first = std::min(g.out[2], shift >= 0 ? 0 : (-shift + s - 1) / s);
  const int64_t room = g.in[2] - shift;
  const int64_t last = std::max(first, room <= 0 ? 0 : std::min(g.out[2], (room + s - 1) / s));
  for (int64_t od = 0; od < g.out[0]; ++od) {
    const int64_t id = od * g.stride[0] + kd * g.dilation[0] - g.padding[0];
    for (int64_t oh = 0; oh < g.out[1]; ++oh) {
      const int64_t ih = oh * g.stride[1] + kh * g.dilation[1] - g.padding[1];
      const bool exists = id >= 0 && id < g.in[0] && ih >= 0 && ih < g.in[1];
      f((od * g.out[1] + oh) * g.out[2], (id * g.in[1] + ih) * g.in[2] + shift, exists ? first : g.out[2],
        exists ? last : g.out[2]);
    }
  }
}

// columns (in_channels * kernel, out positions) of one image of one group.
template <class T>
void im2col(const Geometry& g, const T* image, T* columns) {
  const int64_t positions = g.out_size(), s = g.stride[2];
  parallel_for(0, g.rows(), std::max<int64_t>(1, kGrainSize / positions), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const int64_t k = row % g.kernel_size();
      const T* from = image + row / g.kernel_size() * g.in_size();
      T* to = columns + row * positions;
      for_each_row(g, k / (g.kernel[1] * g.kernel[2]), k / g.kernel[2] % g.kernel[1], k % g.kernel[2],
                   [&](int64_t o, int64_t i, int64_t first, int64_t last) {
                     std::fill(to + o, to + o + first, T(0));
                     if (s == 1 && last > first) {
                       std::copy(from + i + first, from + i + last, to + o + first);
                     } else {
                       for (int64_t x = first; x < last; ++x) to[o + x] = from[i + x * s];
                     }
                     std::fill(to + o + std::max(first, last), to + o + g.out[2], T(0));
                   });
    }
  });
}

// Adds columns up to the image they were taken from.
template <class T>
void col2im(const Geometry& g, const T* columns, T* image) {
  const int64_t positions = g.out_size(), s = g.stride[2], kernel = g.kernel_size();
  parallel_for(0, g.in_channels, std::max<int64_t>(1, kGrainSize / (positions * kernel)),
               [&](int64_t begin, int64_t end) {
                 for (int64_t c = begin; c < end; ++c) {
                   T* to = image + c * g.in_size();
                   std::fill(to, to + g.in_size(), T(0));
                   for (int64_t k = 0; k < kernel; ++k) {
                     const T* from = columns + (c * kernel + k) * positions;
                     for_each_row(g, k / (g.kernel[1] * g.kernel[2]), k / g.kernel[2] % g.kernel[1], k % g.kernel[2],
                                  [&](int64_t o, int64_t i, int64_t first, int64_t last) {
                                    for (int64_t x = first; x < last; ++x)
                                      to[i + x * s] = static_cast<T>(to[i + x * s] + from[o + x]);
                                  });
                   }
                 }
               });
}

// A part of a dense tensor as a (rows, cols) matrix.
TensorBase matrix(const TensorBase& t, int64_t offset, int64_t rows, int64_t cols) {
  const int64_t sizes[] = {rows, cols};
  return alias_with(t, sizes, contiguous_strides(sizes), t.storage_offset() + offset);
}
TensorBase transposed(const TensorBase& m) {
  const int64_t sizes[] = {m.size(1), m.size(0)}, strides[] = {m.stride(1), m.stride(0)};
  return alias_with(m, sizes, strides, m.storage_offset());
}

void multiply(const TensorBase& out, const TensorBase& a, const TensorBase& b, bool accumulate = false) {
  native::gemm_stub(DeviceType::CPU, native::GemmCall{out, a, b, TensorBase(), accumulate ? 1 : 0, 1});
}

template <class T>
void add_bias(const Geometry& g, const TensorBase& bias, T* image) {
  const T* values = static_cast<const T*>(bias.const_data_ptr());
  const int64_t positions = g.out_size();
  for (int64_t c = 0; c < g.groups * g.out_channels; ++c) {
    for (int64_t p = 0; p < positions; ++p)
      image[c * positions + p] = static_cast<T>(image[c * positions + p] + values[c]);
  }
}

// bias = the sums of dst over everything but its channels.
template <class T>
void sum_to_bias(const Geometry& g, const TensorBase& dst, T* bias) {
  const T* grad = static_cast<const T*>(dst.const_data_ptr());
  const int64_t positions = g.out_size(), channels = g.groups * g.out_channels;
  std::fill(bias, bias + channels, T(0));
  for (int64_t row = 0; row < g.batch * channels; ++row) {
    T sum(0);
    for (int64_t p = 0; p < positions; ++p) sum = static_cast<T>(sum + grad[row * positions + p]);
    bias[row % channels] = static_cast<T>(bias[row % channels] + sum);
  }
}

// All operands dense, row-major and of the type T that accumulates.
template <class T>
void ref_conv_dense(const Geometry& g, ConvPass pass, const TensorBase& src, const TensorBase& weight,
                    const TensorBase& dst, const TensorBase& bias) {
  const int64_t rows = g.rows(), positions = g.out_size();
  const bool direct = g.is_pointwise();
  const TensorBase buffer = direct ? TensorBase() : empty_tensor({rows, positions}, src.scalar_type());
  for (int64_t n = 0; n < g.batch; ++n) {
    for (int64_t group = 0; group < g.groups; ++group) {
      const int64_t src_at = (n * g.groups + group) * g.in_channels * g.in_size();
      const TensorBase image =
          matrix(dst, (n * g.groups + group) * g.out_channels * positions, g.out_channels, positions);
      const TensorBase filters = matrix(weight, group * g.out_channels * rows, g.out_channels, rows);
      const TensorBase columns = direct ? matrix(src, src_at, rows, positions) : buffer;
      if (pass == ConvPass::BackwardInput) {
        multiply(columns, transposed(filters), image);
        if (!direct)
          col2im(g, static_cast<const T*>(columns.const_data_ptr()), static_cast<T*>(src.mutable_data_ptr()) + src_at);
        continue;
      }
      if (!direct)
        im2col(g, static_cast<const T*>(src.const_data_ptr()) + src_at, static_cast<T*>(columns.mutable_data_ptr()));
      if (pass == ConvPass::Forward) {
        multiply(image, filters, columns);
      } else {
        multiply(filters, image, transposed(columns), n != 0);
      }
    }
    if (pass == ConvPass::Forward && bias.defined())
      add_bias(g, bias, static_cast<T*>(dst.mutable_data_ptr()) + n * g.groups * g.out_channels * positions);
  }
  if (pass == ConvPass::BackwardWeight && bias.defined()) sum_to_bias(g, dst, static_cast<T*>(bias.mutable_data_ptr()));
}

ScalarType compute_type(ScalarType t) { return t == kHalf || t == kBFloat16 ? kFloat : t; }

// `t` if it is dense, row-major and of the compute type, else room for it.
TensorBase dense_for(const TensorBase& t) {
  const ScalarType dtype = compute_type(t.scalar_type());
  return t.is_contiguous() && t.scalar_type() == dtype ? t : empty_tensor(t.sizes(), dtype);
}
TensorBase dense_copy(const TensorBase& t) {
  const TensorBase dense = dense_for(t);
  if (!dense.is_same(t)) native::copy_stub(DeviceType::CPU, dense, t);
  return dense;
}

bool ref_conv(const ConvCall& call, const char**) {
  const Geometry g(call);
  const bool writes_bias = call.bias.defined() && call.pass == ConvPass::BackwardWeight;
  const TensorBase bias = !call.bias.defined() ? TensorBase()
                          : writes_bias        ? dense_for(call.bias)
                                               : dense_copy(call.bias);
  const TensorBase src = call.pass == ConvPass::BackwardInput ? dense_for(call.src) : dense_copy(call.src);
  const TensorBase weight = call.pass == ConvPass::BackwardWeight ? dense_for(call.weight) : dense_copy(call.weight);
  const TensorBase dst = call.pass == ConvPass::Forward ? dense_for(call.dst) : dense_copy(call.dst);
  dispatch_all_types(src.scalar_type(), "convolution", [&](auto tag) {
    using T = decltype(tag);
    if constexpr (!std::is_same_v<T, bool> && std::is_same_v<T, opmath_t<T>>)
      ref_conv_dense<T>(g, call.pass, src, weight, dst, bias);
  });
  const TensorBase& wanted = call.pass == ConvPass::Forward         ? call.dst
                             : call.pass == ConvPass::BackwardInput ? call.src
                                                                    : call.weight;
  const TensorBase& made = call.pass == ConvPass::Forward ? dst : call.pass == ConvPass::BackwardInput ? src : weight;
  if (!made.is_same(wanted)) native::copy_stub(DeviceType::CPU, wanted, made);
  if (writes_bias && !bias.is_same(call.bias)) native::copy_stub(DeviceType::CPU, call.bias, bias);
  return true;
}

std::vector<ConvImplementation>& implementations() {
  static std::vector<ConvImplementation> list = {{"ref_conv", &ref_conv}};
  return list;
}

void conv_kernel(const ConvCall& call) {
  for (const ConvImplementation& candidate : implementations()) {
    const char* reason = nullptr;
    if (candidate.run(call, &reason)) return;
    if (verbose_dispatch()) log_refusal("conv", candidate.name, reason);
  }
}

}  // namespace

void add_conv_implementation(ConvImplementation implementation) {
  implementations().insert(implementations().begin(), implementation);
}

namespace {
using native::conv_stub;
REGISTER_STUB(conv_stub, DeviceType::CPU, &conv_kernel);
}  // namespace
}  // namespace tiny_torch::cpu
