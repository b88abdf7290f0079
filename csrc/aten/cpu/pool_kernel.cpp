// Pooling on the CPU, plane by plane; every kind takes any strides.
#include "aten/native/pool.h"

#include <limits>
#include <vector>

#include "aten/core/Dispatch.h"
#include "aten/cpu/norm_rows.h"
#include "aten/cpu/pool_rows.h"
#include "c10/parallel.h"

namespace tiny_torch::cpu {
namespace {

using native::AvgDivisor;
using native::PoolWindows;

// The strides of one (N, C, D, H, W) operand.
struct Strides {
  int64_t n, c, d, h, w;
  explicit Strides(const TensorBase& t)
      : n(t.stride(0)), c(t.stride(1)), d(t.stride(2)), h(t.stride(3)), w(t.stride(4)) {}
  int64_t plane(int64_t i, int64_t channels) const { return i / channels * n + i % channels * c; }
  int64_t at(int64_t z, int64_t y, int64_t x) const { return z * d + y * h + x * w; }
};

// The part of one window that lies inside the input, along one dim.
struct Span {
  int64_t begin, end;
};
Span clipped(int64_t out, const PoolWindows& w, size_t dim) {
  const int64_t step = w.dilation[dim];
  int64_t begin = out * w.stride[dim] - w.padding[dim];
  const int64_t end = std::min(begin + (w.kernel[dim] - 1) * step + 1, w.in[dim]);
  if (begin < 0) begin += (-begin + step - 1) / step * step;
  return {begin, end};
}

// Calls f(first, last) on ranges of planes, with enough work for a thread in each.
template <class F>
void for_planes(const TensorBase& t, int64_t work_per_plane, const F& f) {
  parallel_for(0, t.size(0) * t.size(1), std::max<int64_t>(1, kGrainSize / std::max<int64_t>(1, work_per_plane)), f);
}

// The windows of every output along each dim.
struct SpanTable {
  std::array<std::vector<Span>, 3> spans;
  explicit SpanTable(const PoolWindows& w) {
    for (size_t dim = 0; dim < 3; ++dim) {
      for (int64_t o = 0; o < w.out[dim]; ++o) spans[dim].push_back(clipped(o, w, dim));
    }
  }
  const Span& at(size_t dim, int64_t o) const { return spans[dim][static_cast<size_t>(o)]; }
};

template <class T>
void max_pool_plane(T* out, int64_t* indices, const T* in, const Strides& to, const Strides& at, const Strides& from,
                    const PoolWindows& w, const SpanTable& spans) {
  using A = opmath_t<T>;
  for (int64_t oz = 0; oz < w.out[0]; ++oz) {
    for (int64_t oy = 0; oy < w.out[1]; ++oy) {
      const Span z = spans.at(0, oz), y = spans.at(1, oy);
      for (int64_t ox = 0; ox < w.out[2]; ++ox) {
        const Span x = spans.at(2, ox);
        // A window of padding alone points at its first position.
        int64_t best = (z.begin * w.in[1] + y.begin) * w.in[2] + x.begin;
        A largest = std::numeric_limits<A>::has_infinity ? -std::numeric_limits<A>::infinity()
                                                         : std::numeric_limits<A>::lowest();
        for (int64_t i = z.begin; i < z.end; i += w.dilation[0]) {
          for (int64_t j = y.begin; j < y.end; j += w.dilation[1]) {
            const T* row = in + from.at(i, j, 0);
            for (int64_t k = x.begin; k < x.end; k += w.dilation[2]) {
              const A value = static_cast<A>(row[k * from.w]);
              if (value > largest || value != value) {
                largest = value;
                best = (i * w.in[1] + j) * w.in[2] + k;
              }
            }
          }
        }
        out[to.at(oz, oy, ox)] = static_cast<T>(largest);
        indices[at.at(oz, oy, ox)] = best;
      }
    }
  }
}

// 2 x 2 windows side by side on dense rows, the usual case.
bool is_halving(const Strides& to, const Strides& at, const Strides& from, const PoolWindows& w) {
  for (size_t dim = 1; dim < 3; ++dim) {
    if (w.kernel[dim] != 2 || w.stride[dim] != 2 || w.padding[dim] != 0 || w.dilation[dim] != 1 ||
        2 * w.out[dim] > w.in[dim])
      return false;
  }
  return w.in[0] == 1 && w.out[0] == 1 && w.in[2] < (int64_t{1} << 22) && to.w == 1 && at.w == 1 && from.w == 1;
}

template <class T>
void halve_plane(T* out, int64_t* indices, const T* in, const Strides& to, const Strides& at, const Strides& from,
                 const PoolWindows& w) {
  const PoolRows<T>& rows = pool_rows<T>();
  for (int64_t oy = 0; oy < w.out[1]; ++oy) {
    const T* top = in + 2 * oy * from.h;
    rows.pairs(out + oy * to.h, indices + oy * at.h, top, top + from.h, w.out[2], 2 * oy * w.in[2], w.in[2]);
  }
}

void max_pool_kernel(const TensorBase& out, const TensorBase& indices, const TensorBase& self, const PoolWindows& w) {
  const Strides to(out), at(indices), from(self);
  const int64_t channels = self.size(1);
  const SpanTable spans(w);
  const bool halving = is_halving(to, at, from, w);
  dispatch_real(self.scalar_type(), "max_pool2d", [&](auto tag) {
    using T = decltype(tag);
    const T* in = static_cast<const T*>(self.const_data_ptr());
    T* result = static_cast<T*>(out.mutable_data_ptr());
    auto* places = static_cast<int64_t*>(indices.mutable_data_ptr());
    for_planes(self, w.out_size() * w.kernel[0] * w.kernel[1] * w.kernel[2], [&](int64_t begin, int64_t end) {
      for (int64_t p = begin; p < end; ++p) {
        T* plane = result + to.plane(p, channels);
        int64_t* positions = places + at.plane(p, channels);
        const T* source = in + from.plane(p, channels);
        if constexpr (std::is_same_v<T, float> || std::is_same_v<T, double>) {
          if (halving) {
            halve_plane<T>(plane, positions, source, to, at, from, w);
            continue;
          }
        }
        max_pool_plane<T>(plane, positions, source, to, at, from, w, spans);
      }
    });
  });
}

void check_index(int64_t index, int64_t plane) {
  TORCH_CHECK(index >= 0 && index < plane, "max pooling: expected indices in [0, ", plane, "), got ", index);
}

void pool_gather_kernel(const TensorBase& out, const TensorBase& self, const TensorBase& indices, int64_t plane,
                        int64_t positions) {
  dispatch_itemsize(self.scalar_type(), "_pool_gather", [&](auto tag) {
    using T = decltype(tag);
    const T* in = static_cast<const T*>(self.const_data_ptr());
    const auto* places = static_cast<const int64_t*>(indices.const_data_ptr());
    T* result = static_cast<T*>(out.mutable_data_ptr());
    parallel_for(0, out.numel(), kGrainSize, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        check_index(places[i], plane);
        result[i] = in[i / positions * plane + places[i]];
      }
    });
  });
}

void pool_scatter_kernel(const TensorBase& grad_input, const TensorBase& grad_output, const TensorBase& indices,
                         int64_t plane, int64_t positions) {
  dispatch_all_types(grad_output.scalar_type(), "max_pool2d_backward", [&](auto tag) {
    using T = decltype(tag);
    using A = opmath_t<T>;
    const T* grad = static_cast<const T*>(grad_output.const_data_ptr());
    const auto* places = static_cast<const int64_t*>(indices.const_data_ptr());
    T* result = static_cast<T*>(grad_input.mutable_data_ptr());
    const int64_t planes = grad_input.numel() / plane;
    parallel_for(0, planes, std::max<int64_t>(1, kGrainSize / plane), [&](int64_t begin, int64_t end) {
      for (int64_t p = begin; p < end; ++p) {
        T* to = result + p * plane;
        std::fill(to, to + plane, T(0));
        for (int64_t i = p * positions; i < (p + 1) * positions; ++i) {
          check_index(places[i], plane);
          to[places[i]] = static_cast<T>(static_cast<A>(to[places[i]]) + static_cast<A>(grad[i]));
        }
      }
    });
  });
}

// The window of one output along one dim, and how many positions count in its divisor.
struct AvgSpan {
  int64_t begin, end, with_padding;
};
AvgSpan avg_span(int64_t out, const PoolWindows& w, size_t dim) {
  const int64_t begin = out * w.stride[dim] - w.padding[dim];
  const int64_t end = std::min(begin + w.kernel[dim], w.in[dim] + w.padding[dim]);
  return {std::max<int64_t>(begin, 0), std::min(end, w.in[dim]), end - begin};
}
int64_t divisor_of(const AvgSpan& z, const AvgSpan& y, const AvgSpan& x, AvgDivisor divisor) {
  if (divisor.fixed != 0) return divisor.fixed;
  if (divisor.count_padding) return z.with_padding * y.with_padding * x.with_padding;
  return (z.end - z.begin) * (y.end - y.begin) * (x.end - x.begin);
}
bool is_empty(const AvgSpan& z, const AvgSpan& y, const AvgSpan& x) {
  return z.begin >= z.end || y.begin >= y.end || x.begin >= x.end;
}

// f(z, y, x, output position) for windows found by `span(out, dim)`.
template <class SpanOf, class F>
void for_windows(const std::array<int64_t, 3>& out, const SpanOf& span, const F& f) {
  for (int64_t oz = 0; oz < out[0]; ++oz) {
    const AvgSpan z = span(oz, size_t{0});
    for (int64_t oy = 0; oy < out[1]; ++oy) {
      const AvgSpan y = span(oy, size_t{1});
      for (int64_t ox = 0; ox < out[2]; ++ox) f(z, y, span(ox, size_t{2}), oz, oy, ox);
    }
  }
}

template <class A, class T>
A sum_window(const T* in, const Strides& from, const AvgSpan& z, const AvgSpan& y, const AvgSpan& x) {
  A sum = 0;
  for (int64_t i = z.begin; i < z.end; ++i) {
    for (int64_t j = y.begin; j < y.end; ++j) {
      for (int64_t k = x.begin; k < x.end; ++k) sum += static_cast<A>(in[from.at(i, j, k)]);
    }
  }
  return sum;
}

template <class T>
constexpr bool kHasRows = std::is_same_v<T, float> || std::is_same_v<T, double>;

// sums[x] = the sum over the rows of a window at each x, for dense rows.
template <class T>
void sum_rows(std::vector<T>& sums, const T* in, const Strides& from, const AvgSpan& z, const AvgSpan& y) {
  const RowFunctions<T>& f = row_functions<T>();
  const auto width = static_cast<int64_t>(sums.size());
  std::fill(sums.begin(), sums.end(), T(0));
  for (int64_t i = z.begin; i < z.end; ++i) {
    for (int64_t j = y.begin; j < y.end; ++j) {
      const T* row = in + from.at(i, j, 0);
      f.accumulate(nullptr, sums.data(), row, row, width, T(0), T(0));
    }
  }
}

// int64 is the one integer dtype that is averaged.
template <class F>
void dispatch_mean(ScalarType dtype, const char* name, const F& f) {
  if (dtype == kLong) return f(int64_t());
  dispatch_floating(dtype, name, f);
}

// The means of one plane, the windows of a row of outputs together. `sums` has a place for each input column.
template <class T, class SpanOf, class DivisorOf>
void mean_plane(T* out, const T* in, const Strides& to, const Strides& from, const std::array<int64_t, 3>& positions,
                const SpanOf& span, const DivisorOf& divide, const std::vector<AvgSpan>& columns,
                std::vector<opmath_t<T>>& sums) {
  using A = opmath_t<T>;
  for (int64_t oz = 0; oz < positions[0]; ++oz) {
    for (int64_t oy = 0; oy < positions[1]; ++oy) {
      const AvgSpan z = span(oz, size_t{0}), y = span(oy, size_t{1});
      const bool by_rows = kHasRows<T> && from.w == 1;
      if constexpr (kHasRows<T>) {
        if (by_rows) sum_rows<T>(sums, in, from, z, y);
      }
      for (int64_t ox = 0; ox < positions[2]; ++ox) {
        const AvgSpan& x = columns[static_cast<size_t>(ox)];
        A sum = 0;
        if (is_empty(z, y, x)) {
          out[to.at(oz, oy, ox)] = static_cast<T>(sum);
          continue;
        }
        if (by_rows) {
          for (int64_t k = x.begin; k < x.end; ++k) sum += sums[static_cast<size_t>(k)];
        } else {
          sum = sum_window<A>(in, from, z, y, x);
        }
        out[to.at(oz, oy, ox)] = static_cast<T>(static_cast<A>(sum / static_cast<A>(divide(z, y, x))));
      }
    }
  }
}

// Windows by `span`, divisors by `divide`; forward means and the distribution of gradients to the windows.
template <class SpanOf, class DivisorOf>
void mean_windows(const TensorBase& out, const TensorBase& self, const SpanOf& span, const DivisorOf& divide) {
  const Strides to(out), from(self);
  const int64_t channels = self.size(1);
  const std::array<int64_t, 3> positions{out.size(2), out.size(3), out.size(4)};
  std::vector<AvgSpan> columns;
  for (int64_t ox = 0; ox < positions[2]; ++ox) columns.push_back(span(ox, size_t{2}));
  dispatch_mean(self.scalar_type(), "avg_pool2d", [&](auto tag) {
    using T = decltype(tag);
    const T* in = static_cast<const T*>(self.const_data_ptr());
    T* result = static_cast<T*>(out.mutable_data_ptr());
    for_planes(self, self.size(2) * self.size(3) * self.size(4), [&](int64_t begin, int64_t end) {
      std::vector<opmath_t<T>> sums(static_cast<size_t>(self.size(4)));
      for (int64_t p = begin; p < end; ++p) {
        mean_plane<T>(result + to.plane(p, channels), in + from.plane(p, channels), to, from, positions, span, divide,
                      columns, sums);
      }
    });
  });
}

template <class SpanOf, class DivisorOf>
void mean_windows_backward(const TensorBase& grad_input, const TensorBase& grad_output, const SpanOf& span,
                           const DivisorOf& divide) {
  const Strides to(grad_input), from(grad_output);
  const int64_t channels = grad_input.size(1), depth = grad_input.size(2), height = grad_input.size(3),
                width = grad_input.size(4);
  const std::array<int64_t, 3> positions{grad_output.size(2), grad_output.size(3), grad_output.size(4)};
  dispatch_mean(grad_input.scalar_type(), "avg_pool2d_backward", [&](auto tag) {
    using T = decltype(tag);
    using A = opmath_t<T>;
    const T* grad = static_cast<const T*>(grad_output.const_data_ptr());
    T* result = static_cast<T*>(grad_input.mutable_data_ptr());
    for_planes(grad_input, depth * height * width, [&](int64_t begin, int64_t end) {
      // Sums gather in the compute type, dense, and are stored once.
      std::vector<A> plane(static_cast<size_t>(depth * height * width));
      for (int64_t p = begin; p < end; ++p) {
        std::fill(plane.begin(), plane.end(), A(0));
        const T* source = grad + from.plane(p, channels);
        for_windows(positions, span,
                    [&](const AvgSpan& z, const AvgSpan& y, const AvgSpan& x, int64_t oz, int64_t oy, int64_t ox) {
                      if (is_empty(z, y, x)) return;
                      const A share =
                          static_cast<A>(static_cast<A>(source[from.at(oz, oy, ox)]) / static_cast<A>(divide(z, y, x)));
                      for (int64_t i = z.begin; i < z.end; ++i) {
                        for (int64_t j = y.begin; j < y.end; ++j) {
                          for (int64_t k = x.begin; k < x.end; ++k)
                            plane[static_cast<size_t>((i * height + j) * width + k)] += share;
                        }
                      }
                    });
        T* target = result + to.plane(p, channels);
        size_t next = 0;
        for (int64_t i = 0; i < depth; ++i) {
          for (int64_t j = 0; j < height; ++j) {
            for (int64_t k = 0; k < width; ++k) target[to.at(i, j, k)] = static_cast<T>(plane[next++]);
          }
        }
      }
    });
  });
}

void avg_pool_kernel(const TensorBase& out, const TensorBase& self, const PoolWindows& w, AvgDivisor divisor) {
  mean_windows(
      out, self, [&](int64_t o, size_t dim) { return avg_span(o, w, dim); },
      [&](const AvgSpan& z, const AvgSpan& y, const AvgSpan& x) { return divisor_of(z, y, x, divisor); });
}
void avg_pool_backward_kernel(const TensorBase& grad_input, const TensorBase& grad_output, const PoolWindows& w,
                              AvgDivisor divisor) {
  mean_windows_backward(
      grad_input, grad_output, [&](int64_t o, size_t dim) { return avg_span(o, w, dim); },
      [&](const AvgSpan& z, const AvgSpan& y, const AvgSpan& x) { return divisor_of(z, y, x, divisor); });
}

// Window `o` of `out` that cover `in` evenly: [floor(o * in / out), ceil((o + 1) * in / out)).
AvgSpan adaptive_span(int64_t o, int64_t in, int64_t out) {
  const int64_t begin = o * in / out, end = ((o + 1) * in + out - 1) / out;
  return {begin, end, end - begin};
}

void adaptive_avg_pool_kernel(const TensorBase& out, const TensorBase& self) {
  mean_windows(
      out, self, [&](int64_t o, size_t dim) { return adaptive_span(o, self.sizes()[dim + 2], out.sizes()[dim + 2]); },
      [](const AvgSpan& z, const AvgSpan& y, const AvgSpan& x) { return divisor_of(z, y, x, {}); });
}
void adaptive_avg_pool_backward_kernel(const TensorBase& grad_input, const TensorBase& grad_output) {
  mean_windows_backward(
      grad_input, grad_output,
      [&](int64_t o, size_t dim) {
        return adaptive_span(o, grad_input.sizes()[dim + 2], grad_output.sizes()[dim + 2]);
      },
      [](const AvgSpan& z, const AvgSpan& y, const AvgSpan& x) { return divisor_of(z, y, x, {}); });
}

using namespace native;  // NOLINT: the stubs below
REGISTER_STUB(max_pool_stub, DeviceType::CPU, &max_pool_kernel);
REGISTER_STUB(pool_gather_stub, DeviceType::CPU, &pool_gather_kernel);
REGISTER_STUB(pool_scatter_stub, DeviceType::CPU, &pool_scatter_kernel);
REGISTER_STUB(avg_pool_stub, DeviceType::CPU, &avg_pool_kernel);
REGISTER_STUB(avg_pool_backward_stub, DeviceType::CPU, &avg_pool_backward_kernel);
REGISTER_STUB(adaptive_avg_pool_stub, DeviceType::CPU, &adaptive_avg_pool_kernel);
REGISTER_STUB(adaptive_avg_pool_backward_stub, DeviceType::CPU, &adaptive_avg_pool_backward_kernel);

}  // namespace
}  // namespace tiny_torch::cpu
