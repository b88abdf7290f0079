// Fronts of Fourier transforms (Cooley and Tukey, 1965; Bluestein, 1970).
#include <cmath>
#include <string>

#include "aten/core/operators.h"
#include "aten/core/promotion.h"
#include "aten/native/fft_stub.h"
#include "generated/kernels/fft.h"
#include "generated/ops/copy.h"
#include "generated/ops/creation.h"
#include "generated/ops/fft.h"
#include "generated/ops/index.h"
#include "generated/ops/join.h"
#include "generated/ops/shape.h"
#include "generated/ops/view.h"

namespace tiny_torch::native {

DEFINE_STUB(fft_stub);
DEFINE_STUB(fft_from_real_stub);
DEFINE_STUB(fft_to_real_stub);

namespace {

enum Normalization : int64_t { kNone = 0, kByRoot = 1, kByN = 2 };

int64_t normalization_of(const std::optional<std::string_view>& norm, bool forward) {
  const std::string_view mode = norm.value_or("backward");
  TORCH_CHECK(mode == "backward" || mode == "forward" || mode == "ortho", "Invalid normalization mode: \"",
              std::string(mode), "\"");
  if (mode == "ortho") return kByRoot;
  return (mode == "forward") == forward ? kByN : kNone;
}

double factor_of(int64_t normalization, double count) {
  return normalization == kNone ? 1.0 : normalization == kByRoot ? 1.0 / std::sqrt(count) : 1.0 / count;
}

void check_complex(const char* op, const TensorBase& x, bool complex) {
  TORCH_CHECK(
      x.is_complex() == complex && to_real(x.scalar_type()) != kHalf && (x.is_floating_point() || x.is_complex()), op,
      ": expected a ", complex ? "complex" : "real floating-point", " tensor of single or double precision, got ",
      to_string(x.scalar_type()));
}

// The factor is for all dims together; `self` itself is left alone.
TensorBase transformed(const TensorBase& self, IntArrayRef dims, bool forward, double factor) {
  TensorBase from = ops::contiguous(self);
  if (self.numel() == 0 || dims.empty()) return ops::clone(from);
  const TensorBase out = empty_tensor(self.sizes(), self.scalar_type(), self.device());
  for (int64_t dim : dims) {
    fft_stub(self.device().type(), out, from, maybe_wrap_dim(dim, self.dim()), forward, factor);
    from = out;
    factor = 1.0;
  }
  return out;
}

double elements_over(const TensorBase& x, IntArrayRef dims) {
  double count = 1;
  for (int64_t d : dims) count *= static_cast<double>(x.size(d));
  return count;
}

// A new tensor with another last size, which `transform(out, contiguous x)` fills, where `dim` of `x` is the last one.
template <class F>
TensorBase along_last(const TensorBase& x, int64_t dim, int64_t size, ScalarType dtype, const F& transform) {
  const TensorBase rows = ops::contiguous(ops::transpose(x, dim, -1));
  DimVector sizes(rows.sizes());
  sizes.back() = size;
  const TensorBase out = empty_tensor(sizes, dtype, x.device());
  if (rows.numel() > 0) transform(out, rows);
  return ops::contiguous(ops::transpose(out, dim, -1));
}

}  // namespace

TensorBase _fft_c2c(const TensorBase& self, IntArrayRef dim, int64_t normalization, bool forward) {
  check_complex("_fft_c2c", self, true);
  return transformed(self, dim, forward, factor_of(normalization, elements_over(self, dim)));
}

TensorBase _fft_r2c(const TensorBase& self, IntArrayRef dim, int64_t normalization, bool onesided) {
  check_complex("_fft_r2c", self, false);
  const ScalarType dtype = to_complex(self.scalar_type());
  const double factor = factor_of(normalization, elements_over(self, dim));
  if (!onesided) return transformed(ops::to(self, dtype), dim, true, factor);
  const int64_t last = dim.back();
  const TensorBase half = along_last(self, last, self.size(last) / 2 + 1, dtype, [&](const auto& out, const auto& x) {
    fft_from_real_stub(x.device().type(), out, x, factor);
  });
  return dim.size() == 1 ? half : transformed(half, dim.slice(0, dim.size() - 1), true, 1.0);
}

TensorBase _fft_c2r(const TensorBase& self, IntArrayRef dim, int64_t normalization, int64_t last_dim_size) {
  check_complex("_fft_c2r", self, true);
  const int64_t last = dim.back(), half = last_dim_size / 2 + 1;
  TORCH_CHECK(self.size(last) == half, "_fft_c2r: expected ", half, " values along dim ", last, " for ", last_dim_size,
              " results, got ", self.size(last));
  const IntArrayRef others = dim.slice(0, dim.size() - 1);
  const TensorBase x = others.empty() ? self : transformed(self, others, false, 1.0);
  const double count = elements_over(self, others) * static_cast<double>(last_dim_size);
  return along_last(x, last, last_dim_size, to_real(self.scalar_type()), [&](const auto& out, const auto& rows) {
    fft_to_real_stub(rows.device().type(), out, rows, factor_of(normalization, count));
  });
}

namespace {

TensorBase promoted(const char* op, const TensorBase& self, bool require_complex) {
  const ScalarType t = self.scalar_type();
  ScalarType dtype = is_integral(t, true) ? default_dtype() : t;
  TORCH_CHECK(dtype != kBFloat16 && dtype != kHalf && dtype != kComplexHalf, op, ": Unsupported dtype ",
              to_string(dtype));
  if (require_complex) dtype = to_complex(dtype);
  return ops::to(self, dtype);
}

void check_real_input(const char* op, const TensorBase& self) {
  TORCH_CHECK(!self.is_complex(), op, " expects a real input tensor, but got ", to_string(self.scalar_type()));
}

// Cut or padded with zeros along one dimension.
TensorBase resized(const TensorBase& x, int64_t dim, int64_t n) {
  const int64_t now = x.size(dim);
  if (now == n) return x;
  if (now > n) return ops::narrow(x, dim, 0, n);
  DimVector sizes(x.sizes());
  sizes[static_cast<size_t>(maybe_wrap_dim(dim, x.dim()))] = n - now;
  const std::vector<TensorBase> parts{x, ops::zeros(sizes, x.scalar_type(), std::nullopt, x.device())};
  return ops::cat(parts, dim);
}

struct Geometry {
  DimVector dims, sizes;
};

// What `s` and `dim` mean; the sizes are those of the signal.
Geometry geometry(const TensorBase& self, OptionalIntArrayRef s, OptionalIntArrayRef dim) {
  Geometry g;
  if (dim.has_value()) {
    for (int64_t d : *dim) g.dims.push_back(maybe_wrap_dim(d, self.dim()));
    TORCH_CHECK(!s.has_value() || s->size() == dim->size(),
                "When given, dim and shape arguments must have the same length");
  } else {
    const int64_t count = s.has_value() ? static_cast<int64_t>(s->size()) : self.dim();
    TORCH_CHECK(count <= self.dim(), "Got shape with ", count, " values but input tensor only has ", self.dim(),
                " dimensions.");
    for (int64_t d = self.dim() - count; d < self.dim(); ++d) g.dims.push_back(d);
  }
  for (size_t i = 0; i < g.dims.size(); ++i) {
    for (size_t j = 0; j < i; ++j) TORCH_CHECK(g.dims[i] != g.dims[j], "FFT dims must be unique");
    const int64_t n = s.has_value() && (*s)[i] != -1 ? (*s)[i] : self.size(g.dims[i]);
    TORCH_CHECK(n > 0, "Invalid number of data points (", n, ") specified");
    g.sizes.push_back(n);
  }
  return g;
}

TensorBase fitted(TensorBase x, const Geometry& g) {
  for (size_t i = 0; i < g.dims.size(); ++i) x = resized(x, g.dims[i], g.sizes[i]);
  return x;
}

TensorBase complex_to_complex(const char* op, const TensorBase& self, const Geometry& g,
                              std::optional<std::string_view> norm, bool forward) {
  if (forward && !self.is_complex() && g.dims.size() == 1)
    return ops::_fft_r2c(fitted(promoted(op, self, false), g), g.dims, normalization_of(norm, true), false);
  const TensorBase x = promoted(op, self, true);
  if (g.dims.empty()) return ops::clone(x);
  return ops::_fft_c2c(fitted(x, g), g.dims, normalization_of(norm, forward), forward);
}

TensorBase real_to_complex(const char* op, const TensorBase& self, const Geometry& g,
                           std::optional<std::string_view> norm, bool forward) {
  check_real_input(op, self);
  TORCH_CHECK(!g.dims.empty(), op, " must transform at least one axis");
  const TensorBase result =
      ops::_fft_r2c(fitted(promoted(op, self, false), g), g.dims, normalization_of(norm, forward), true);
  return forward ? result : ops::conj(result);
}

// The last size is that of the result; its default is an even one.
TensorBase complex_to_real(const char* op, const TensorBase& self, Geometry g, bool last_given,
                           std::optional<std::string_view> norm, bool forward) {
  TORCH_CHECK(!g.dims.empty(), op, " must transform at least one axis");
  const TensorBase x = promoted(op, self, true);
  const int64_t n = last_given ? g.sizes.back() : 2 * (self.size(g.dims.back()) - 1);
  TORCH_CHECK(n >= 1, "Invalid number of data points (", n, ") specified");
  g.sizes.back() = n / 2 + 1;
  const TensorBase half = fitted(x, g);
  return ops::_fft_c2r(forward ? ops::conj(half) : half, g.dims, normalization_of(norm, forward), n);
}

Geometry one_dim(const TensorBase& self, std::optional<int64_t> n, int64_t dim) {
  const int64_t size = n.value_or(-1);
  TORCH_CHECK(!n.has_value() || *n >= 1, "Invalid number of data points (", size, ") specified");
  return geometry(self, n.has_value() ? OptionalIntArrayRef(IntArrayRef(size)) : OptionalIntArrayRef(),
                  OptionalIntArrayRef(IntArrayRef(dim)));
}

bool has_last(OptionalIntArrayRef s) { return s.has_value() && !s->empty() && s->back() != -1; }

using Norm = std::optional<std::string_view>;

}  // namespace

TensorBase fft_fft(const TensorBase& self, std::optional<int64_t> n, int64_t dim, Norm norm) {
  return complex_to_complex("fft", self, one_dim(self, n, dim), norm, true);
}
TensorBase fft_ifft(const TensorBase& self, std::optional<int64_t> n, int64_t dim, Norm norm) {
  return complex_to_complex("ifft", self, one_dim(self, n, dim), norm, false);
}
TensorBase fft_rfft(const TensorBase& self, std::optional<int64_t> n, int64_t dim, Norm norm) {
  return real_to_complex("rfft", self, one_dim(self, n, dim), norm, true);
}
TensorBase fft_irfft(const TensorBase& self, std::optional<int64_t> n, int64_t dim, Norm norm) {
  return complex_to_real("irfft", self, one_dim(self, n, dim), n.has_value(), norm, false);
}
TensorBase fft_hfft(const TensorBase& self, std::optional<int64_t> n, int64_t dim, Norm norm) {
  return complex_to_real("hfft", self, one_dim(self, n, dim), n.has_value(), norm, true);
}
TensorBase fft_ihfft(const TensorBase& self, std::optional<int64_t> n, int64_t dim, Norm norm) {
  return real_to_complex("ihfft", self, one_dim(self, n, dim), norm, false);
}

TensorBase fft_fftn(const TensorBase& self, OptionalIntArrayRef s, OptionalIntArrayRef dim, Norm norm) {
  return complex_to_complex("fftn", self, geometry(self, s, dim), norm, true);
}
TensorBase fft_ifftn(const TensorBase& self, OptionalIntArrayRef s, OptionalIntArrayRef dim, Norm norm) {
  return complex_to_complex("ifftn", self, geometry(self, s, dim), norm, false);
}
TensorBase fft_rfftn(const TensorBase& self, OptionalIntArrayRef s, OptionalIntArrayRef dim, Norm norm) {
  return real_to_complex("rfftn", self, geometry(self, s, dim), norm, true);
}
TensorBase fft_irfftn(const TensorBase& self, OptionalIntArrayRef s, OptionalIntArrayRef dim, Norm norm) {
  return complex_to_real("irfftn", self, geometry(self, s, dim), has_last(s), norm, false);
}

TensorBase fft_hfftn(const TensorBase& self, OptionalIntArrayRef s, OptionalIntArrayRef dim, Norm norm) {
  // Forward over the other dims, Hermitian over the last.
  Geometry g = geometry(self, s, dim);
  TORCH_CHECK(!g.dims.empty(), "hfftn must transform at least one axis");
  const int64_t n = has_last(s) ? g.sizes.back() : 2 * (self.size(g.dims.back()) - 1);
  TORCH_CHECK(n >= 1, "Invalid number of data points (", n, ") specified");
  g.sizes.back() = n / 2 + 1;
  const TensorBase half = fitted(promoted("hfftn", self, true), g);
  const int64_t normalization = normalization_of(norm, true);
  const IntArrayRef others(g.dims.data(), g.dims.size() - 1), last(g.dims.data() + g.dims.size() - 1, 1);
  const TensorBase partial = others.empty() ? half : ops::_fft_c2c(half, others, normalization, true);
  return ops::_fft_c2r(ops::conj(partial), last, normalization, n);
}

TensorBase fft_ihfftn(const TensorBase& self, OptionalIntArrayRef s, OptionalIntArrayRef dim, Norm norm) {
  check_real_input("ihfftn", self);
  const Geometry g = geometry(self, s, dim);
  TORCH_CHECK(!g.dims.empty(), "ihfftn must transform at least one axis");
  const int64_t normalization = normalization_of(norm, false);
  const IntArrayRef others(g.dims.data(), g.dims.size() - 1), last(g.dims.data() + g.dims.size() - 1, 1);
  const TensorBase half =
      ops::conj(ops::_fft_r2c(fitted(promoted("ihfftn", self, false), g), last, normalization, true));
  return others.empty() ? half : ops::_fft_c2c(half, others, normalization, false);
}

namespace {

TensorBase frequencies(int64_t count, int64_t negative, int64_t n, double d, std::optional<ScalarType> dtype,
                       std::optional<Device> device) {
  TORCH_CHECK(n > 0, "fftfreq: expected a positive n, got ", n);
  const ScalarType type = dtype.value_or(default_dtype());
  TORCH_CHECK(is_floating_point(type) || is_complex_type(type), "fftfreq requires a floating point or complex dtype");
  const auto range = [&](int64_t from, int64_t to) {
    return ops::arange(Scalar(from), Scalar(to), std::optional<ScalarType>(type), std::nullopt, device, std::nullopt);
  };
  TensorBase k = range(0, count);
  if (negative > 0) {
    const std::vector<TensorBase> parts{k, range(-negative, 0)};
    k = ops::cat(parts, 0);
  }
  return k * Scalar(1.0 / (static_cast<double>(n) * d));
}

TensorBase rolled(TensorBase x, OptionalIntArrayRef dim, bool back) {
  DimVector dims;
  if (dim.has_value()) {
    for (int64_t d : *dim) dims.push_back(maybe_wrap_dim(d, x.dim()));
  } else {
    for (int64_t d = 0; d < x.dim(); ++d) dims.push_back(d);
  }
  for (int64_t d : dims) {
    const int64_t n = x.size(d), at = back ? n / 2 : (n + 1) / 2;
    const std::vector<TensorBase> parts{ops::narrow(x, d, at, n - at), ops::narrow(x, d, 0, at)};
    x = ops::cat(parts, d);
  }
  return x;
}

}  // namespace

TensorBase fft_fftfreq(int64_t n, double d, std::optional<ScalarType> dtype, std::optional<Layout> /*layout*/,
                       std::optional<Device> device, std::optional<bool> /*pin_memory*/) {
  return frequencies((n + 1) / 2, n / 2, n, d, dtype, device);
}
TensorBase fft_rfftfreq(int64_t n, double d, std::optional<ScalarType> dtype, std::optional<Layout> /*layout*/,
                        std::optional<Device> device, std::optional<bool> /*pin_memory*/) {
  return frequencies(n / 2 + 1, 0, n, d, dtype, device);
}
TensorBase fft_fftshift(const TensorBase& self, OptionalIntArrayRef dim) { return rolled(self, dim, false); }
TensorBase fft_ifftshift(const TensorBase& self, OptionalIntArrayRef dim) { return rolled(self, dim, true); }

}  // namespace tiny_torch::native
