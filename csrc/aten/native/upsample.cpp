// Fronts of resizing: which places of the input each place of the result is made of, see resample.h.
#include <cmath>

#include "aten/native/pool.h"
#include "aten/native/resample.h"

namespace tiny_torch::native {

DEFINE_STUB(tap_stub);
DEFINE_STUB(tap_transposed_stub);

namespace {

bool is_nearest(ResizeMode mode) { return mode == ResizeMode::Nearest || mode == ResizeMode::NearestExact; }

// Step in the input per place of the result. A is float for all dtypes but float64 and uint8, as PyTorch computes it.
template <class A>
A scale_of(int64_t in, int64_t out, std::optional<double> factor, bool align_corners) {
  if (align_corners) return out > 1 ? static_cast<A>(in - 1) / static_cast<A>(out - 1) : A(0);
  TORCH_CHECK(!factor.has_value() || std::isfinite(static_cast<A>(1.0 / *factor)) || !(*factor > 0),
              "upsampling: expected scale factors whose inverse is finite, got ", factor.value_or(0.0));
  return factor.has_value() && *factor > 0 ? static_cast<A>(1.0 / *factor) : static_cast<A>(in) / static_cast<A>(out);
}

// The place that `at`, a number that may be beyond all integers, falls into.
template <class A>
int64_t place_below(A at, int64_t in) {
  return std::min<int64_t>(static_cast<int64_t>(std::floor(std::min(at, static_cast<A>(in)))), in - 1);
}

int64_t nearest_place(ResizeMode mode, int64_t place, int64_t in, int64_t out, std::optional<double> factor) {
  const float scale = scale_of<float>(in, out, factor, false);
  if (mode == ResizeMode::NearestExact) return place_below((static_cast<float>(place) + 0.5F) * scale, in);
  if (out == in) return place;
  if (out == 2 * in) return place / 2;
  return place_below(static_cast<float>(place) * scale, in);
}

template <class A>
A source_place(A scale, int64_t place, bool align_corners, bool clip) {
  if (align_corners) return scale * static_cast<A>(place);
  const A at = scale * (static_cast<A>(place) + A(0.5)) - A(0.5);
  return clip && at < A(0) ? A(0) : at;
}

struct LastPlace {
  int64_t place;
  double fraction;
};
// The place before `at`, and how far `at` lies beyond it.
template <class A>
LastPlace split(A at, int64_t in) {
  const int64_t place = place_below(at, in);
  return {place, static_cast<double>(std::min(std::max(at - static_cast<A>(place), A(0)), A(1)))};
}

template <class A>
void linear_taps(AxisTaps& taps, int64_t out, A scale, bool align_corners) {
  taps.width = 2;
  for (int64_t o = 0; o < out; ++o) {
    const LastPlace s = split(source_place(scale, o, align_corners, true), taps.in);
    taps.places.push_back(s.place);
    taps.places.push_back(std::min(s.place + 1, taps.in - 1));
    taps.weights.push_back(static_cast<double>(A(1) - static_cast<A>(s.fraction)));
    taps.weights.push_back(s.fraction);
  }
}

// Keys' cubic convolution, |x| at most 1 and between 1 and 2.
template <class A>
A cubic_near(A x, A a) {
  return ((a + A(2)) * x - (a + A(3))) * x * x + A(1);
}
template <class A>
A cubic_far(A x, A a) {
  return ((a * x - A(5) * a) * x + A(8) * a) * x - A(4) * a;
}

template <class A>
void cubic_taps(AxisTaps& taps, int64_t out, A scale, bool align_corners) {
  taps.width = 4;
  const A a = A(-0.75);
  for (int64_t o = 0; o < out; ++o) {
    const LastPlace s = split(source_place(scale, o, align_corners, false), taps.in);
    const A t = static_cast<A>(s.fraction);
    for (int64_t k = -1; k <= 2; ++k) taps.places.push_back(std::min(std::max<int64_t>(s.place + k, 0), taps.in - 1));
    for (const A weight : {cubic_far(t + A(1), a), cubic_near(t, a), cubic_near(A(1) - t, a), cubic_far(A(2) - t, a)})
      taps.weights.push_back(static_cast<double>(weight));
  }
}

// Half the width of the filter, in places of the smaller grid.
int64_t filter_reach(ResizeMode mode) {
  return mode == ResizeMode::LinearAntialias ? 1 : mode == ResizeMode::CubicAntialias ? 2 : 3;
}

template <class A>
A filter(ResizeMode mode, A x) {
  x = std::abs(x);
  if (mode == ResizeMode::LinearAntialias) return x < A(1) ? A(1) - x : A(0);
  if (mode == ResizeMode::CubicAntialias) {
    const A a = A(-0.5);
    return x < A(1) ? cubic_near(x, a) : x < A(2) ? cubic_far(x, a) : A(0);
  }
  if (x >= A(3)) return A(0);
  if (x == A(0)) return A(1);
  const A pi_x = static_cast<A>(M_PI) * x;
  return A(3) * std::sin(pi_x) * std::sin(pi_x / A(3)) / (pi_x * pi_x);
}

// A filter stretched by the scale, normalised where the border cuts it.
template <class A>
void antialias_taps(AxisTaps& taps, ResizeMode mode, int64_t out, A scale) {
  const A stretch = scale >= A(1) ? scale : A(1), support = static_cast<A>(filter_reach(mode)) * stretch;
  const auto whole = [&](A at) { return place_below(std::max(at, A(0)), taps.in + 1); };
  taps.width = std::min(2 * place_below(std::ceil(support), taps.in + 1) + 1, taps.in);
  for (int64_t o = 0; o < out; ++o) {
    const A centre = scale * (static_cast<A>(o) + A(0.5));
    const int64_t first = whole(centre - support + A(0.5)), last = whole(centre + support + A(0.5));
    const int64_t count = std::min(std::max<int64_t>(last - first, 0), taps.width);
    std::vector<A> weights;
    A total = 0;
    for (int64_t i = 0; i < count; ++i) {
      weights.push_back(filter(mode, (static_cast<A>(i + first) - centre + A(0.5)) / stretch));
      total += weights.back();
    }
    for (int64_t i = 0; i < taps.width; ++i) {
      const A weight = i < count ? (total != A(0) ? weights[static_cast<size_t>(i)] / total : A(0)) : A(0);
      taps.places.push_back(i < count ? first + i : std::min(std::max<int64_t>(first + count - 1, 0), taps.in - 1));
      taps.weights.push_back(static_cast<double>(weight));
    }
  }
}

template <class A>
AxisTaps make_taps(ResizeMode mode, int64_t in, int64_t out, bool align_corners, std::optional<double> factor) {
  AxisTaps taps;
  taps.in = in;
  const A scale = scale_of<A>(in, out, factor, align_corners);
  if (mode == ResizeMode::Linear) {
    linear_taps(taps, out, scale, align_corners);
  } else if (mode == ResizeMode::Cubic) {
    cubic_taps(taps, out, scale, align_corners);
  } else {
    antialias_taps(taps, mode, out, scale);
  }
  return taps;
}

Taps all_taps(ResizeMode mode, IntArrayRef input_size, IntArrayRef output_size, ScalarType dtype, bool align_corners,
              ResizeFactors factors) {
  Taps taps;
  const size_t dims = output_size.size();
  for (AxisTaps& axis : taps) {
    axis.places = {0};
    axis.weights = {1.0};
  }
  for (size_t i = 0; i < dims; ++i) {
    const auto make = dtype == kDouble || dtype == kByte ? make_taps<double> : make_taps<float>;
    taps[3 - dims + i] = make(mode, input_size[i + 2], output_size[i], align_corners, factors[i]);
  }
  return taps;
}

AxisMaps all_maps(ResizeMode mode, IntArrayRef input_size, IntArrayRef output_size, ResizeFactors factors) {
  AxisMaps maps{std::vector<int64_t>{0}, {0}, {0}};
  const size_t dims = output_size.size();
  for (size_t i = 0; i < dims; ++i) {
    std::vector<int64_t>& map = maps[3 - dims + i];
    map.clear();
    for (int64_t o = 0; o < output_size[i]; ++o)
      map.push_back(nearest_place(mode, o, input_size[i + 2], output_size[i], factors[i]));
  }
  return maps;
}

// (N, C, output_size...), after PyTorch's refusals.
DimVector resized_shape(const char* op, IntArrayRef input_size, IntArrayRef output_size, size_t dims) {
  TORCH_CHECK(output_size.size() == dims, "It is expected output_size equals to ", dims, ", but got size ",
              output_size.size());
  TORCH_CHECK(input_size.size() == dims + 2, "It is expected input_size equals to ", dims + 2, ", but got size ",
              input_size.size());
  for (size_t i = 0; i < dims; ++i) {
    TORCH_CHECK(input_size[i + 2] > 0 && output_size[i] > 0, op,
                ": Input and output sizes should be greater than 0, but got input ", input_size.slice(2),
                " and output ", output_size);
  }
  DimVector shape{input_size[0], input_size[1]};
  for (int64_t size : output_size) shape.push_back(size);
  return shape;
}

void check_resized_dtype(ResizeMode mode, const TensorBase& self, size_t dims) {
  const ScalarType t = self.scalar_type();
  const bool bytes = t == kByte && (is_nearest(mode) || dims == 2);
  TORCH_CHECK_NOT_IMPLEMENTED(bytes || (is_floating_point(t) && !is_float8(t)), "\"compute_indices_weights_",
                              is_nearest(mode)             ? "nearest"
                              : mode == ResizeMode::Linear ? "linear"
                                                           : "cubic",
                              "\" not implemented for '", to_string(t), "'");
}

}  // namespace

TensorBase resize_images(const char* op, ResizeMode mode, const TensorBase& self, IntArrayRef output_size,
                         bool align_corners, ResizeFactors factors) {
  const size_t dims = factors.size();
  const DimVector shape = resized_shape(op, self.sizes(), output_size, dims);
  TORCH_CHECK(self.size(1) != 0, "Non-empty ", dims + 2, "D data tensor expected but got a tensor with sizes ",
              self.sizes());
  check_resized_dtype(mode, self, dims);
  TensorBase out = empty_tensor(shape, self.scalar_type(), self.device(),
                                dims == 1 ? MemoryFormat::Contiguous : self.suggest_memory_format());
  if (out.numel() == 0) return out;
  const TensorBase to = as_5d(out, static_cast<int64_t>(dims)), from = as_5d(self, static_cast<int64_t>(dims));
  if (is_nearest(mode)) {
    map_gather_stub(self.device().type(), to, from, all_maps(mode, self.sizes(), output_size, factors));
  } else {
    tap_stub(self.device().type(), to, from,
             all_taps(mode, self.sizes(), output_size, self.scalar_type(), align_corners, factors));
  }
  return out;
}

TensorBase resize_images_backward(const char* op, ResizeMode mode, const TensorBase& grad_output,
                                  IntArrayRef output_size, IntArrayRef input_size, bool align_corners,
                                  ResizeFactors factors) {
  const size_t dims = factors.size();
  const DimVector shape = resized_shape(op, input_size, output_size, dims);
  TORCH_CHECK(grad_output.sizes() == IntArrayRef(shape), op, ": expected grad_output of size ", IntArrayRef(shape),
              ", got ", grad_output.sizes());
  check_resized_dtype(mode, grad_output, dims);
  TensorBase grad_input = empty_tensor(input_size, grad_output.scalar_type(), grad_output.device(),
                                       dims == 1 ? MemoryFormat::Contiguous : grad_output.suggest_memory_format());
  if (grad_input.numel() == 0) return grad_input;
  const TensorBase to = as_5d(grad_input, static_cast<int64_t>(dims)),
                   from = as_5d(grad_output, static_cast<int64_t>(dims));
  if (is_nearest(mode)) {
    map_scatter_stub(to.device().type(), to, from, all_maps(mode, input_size, output_size, factors));
  } else {
    tap_transposed_stub(to.device().type(), to, from,
                        all_taps(mode, input_size, output_size, grad_output.scalar_type(), align_corners, factors));
  }
  return grad_input;
}

DimVector resized_size(const TensorBase& input, OptionalIntArrayRef output_size,
                       std::optional<ArrayRef<double>> factors) {
  TORCH_CHECK(output_size.has_value() != factors.has_value(),
              "Must specify exactly one of output_size and scale_factors");
  if (output_size.has_value()) return DimVector(*output_size);
  TORCH_CHECK(static_cast<int64_t>(factors->size()) + 2 == input.dim(), "expected ", input.dim() - 2,
              " scale_factors for an input of size ", input.sizes(), ", got ", factors->size());
  DimVector size;
  for (size_t i = 0; i < factors->size(); ++i)
    size.push_back(static_cast<int64_t>(static_cast<double>(input.sizes()[i + 2]) * (*factors)[i]));
  return size;
}

}  // namespace tiny_torch::native
