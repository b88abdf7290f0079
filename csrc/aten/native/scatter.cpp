// Fronts of scatter and its reductions.
#include <limits>

#include "aten/core/operators.h"
#include "aten/native/index_checks.h"
#include "aten/native/index_stub.h"
#include "generated/kernels/index.h"
#include "generated/ops/binary.h"
#include "generated/ops/copy.h"
#include "generated/ops/creation.h"
#include "generated/ops/index.h"
#include "generated/ops/shape.h"
#include "generated/ops/view.h"

namespace tiny_torch::native {

DEFINE_STUB(scatter_stub);

TensorBase at_least_1d(const TensorBase& t) { return t.dim() == 0 ? ops::reshape(t, {1}) : t; }

TensorBase index_values(const char* op, const TensorBase& index, bool int32_too) {
  const bool fits = index.numel() == 0 || index.scalar_type() == kLong || (int32_too && index.scalar_type() == kInt);
  TORCH_CHECK(fits, op, "(): Expected dtype int64", int32_too ? " or int32" : "", " for index, got ",
              to_string(index.scalar_type()));
  return ops::contiguous(ops::to(index, kLong));
}

void check_index_shape(const char* op, const TensorBase& index, const TensorBase& bound, int64_t dim, bool all_dims) {
  TORCH_CHECK(index.dim() == bound.dim() || all_dims, op,
              "(): Index tensor must have the same number of dimensions as input tensor");
  for (int64_t d = 0; d < index.dim(); ++d) {
    TORCH_CHECK_INDEX(d < bound.dim(), "Dimension out of range (expected to be in range of [", -bound.dim(), ", ",
                      bound.dim() - 1, "], but got ", d, ")");
    TORCH_CHECK((d == dim && !all_dims) || index.size(d) <= bound.size(d), op, "(): Size does not match at dimension ",
                d, " expected index ", index.sizes(), " to be no larger than ", bound.sizes(),
                d == dim ? "" : " apart from dimension ", d == dim ? "" : std::to_string(dim));
  }
  TORCH_CHECK(index.dim() == bound.dim(), op, "(): Index tensor must have the same number of dimensions as src tensor");
}

namespace {

/// A call whose operands were checked: 0-d tensors are 1-d, the indices contiguous int64.
struct Scatter {
  const char* op;
  int64_t dim;
  TensorBase out;  // a copy of self
  TensorBase index;
  TensorBase values;

  /// Whether there is anything to write.
  bool empty() const { return index.numel() == 0; }
  void run(ScatterMode mode) const { run(mode, values); }
  void run(ScatterMode mode, const TensorBase& from) const {
    if (empty()) return;
    const TensorBase target = at_least_1d(out);
    scatter_stub(out.device().type(), GatherCall{op, target, index, from, dim, mode});
  }
  TensorBase number(const Scalar& value) const {
    return ops::expand(scalar_tensor_of(value, out.scalar_type(), out.device()), index.sizes());
  }
};

Scatter prepare(const char* op, const TensorBase& self, int64_t dim, const TensorBase& index, const TensorBase& src,
                bool is_value) {
  Scatter s{op, maybe_wrap_dim(dim, self.dim()), {}, at_least_1d(index_values(op, index, true)), {}};
  TORCH_CHECK(is_value || self.scalar_type() == src.scalar_type(), op,
              "(): Expected self.dtype to be equal to src.dtype");
  s.out = ops::clone(self, MemoryFormat::Contiguous);
  if (s.empty()) return s;
  check_index_shape(op, s.index, at_least_1d(self), s.dim, false);
  if (!is_value) check_index_shape(op, s.index, at_least_1d(src), s.dim, true);
  s.values = is_value ? ops::expand(src, s.index.sizes()) : at_least_1d(src);
  return s;
}

TensorBase run_scatter(const char* op, const TensorBase& self, int64_t dim, const TensorBase& index,
                       const TensorBase& src, bool is_value, ScatterMode mode) {
  const Scatter s = prepare(op, self, dim, index, src, is_value);
  s.run(mode);
  return s.out;
}

/// The number of the dtype of `self`; the dimension is looked at before the number.
TensorBase number_for(const TensorBase& self, int64_t dim, const Scalar& value) {
  maybe_wrap_dim(dim, self.dim());
  return scalar_tensor_of(value, self.scalar_type(), self.device());
}

std::string_view reduction_of(std::string_view reduce) {
  TORCH_CHECK(reduce == "add" || reduce == "multiply", "reduce argument must be either add or multiply.");
  return reduce == "add" ? "sum" : "prod";
}

/// What leaves any other value as it is.
Scalar neutral(std::string_view reduce, ScalarType dtype) {
  if (reduce == "prod") return Scalar(1);
  if (reduce == "sum" || reduce == "mean") return Scalar(0);
  const bool max = reduce == "amax";
  if (is_floating_point(dtype)) {
    constexpr double inf = std::numeric_limits<double>::infinity();
    return Scalar(max ? -inf : inf);
  }
  switch (dtype) {
    case kBool:
      return Scalar(!max);
    case kByte:
      return Scalar(max ? 0 : 255);
    default: {
      const int64_t bits = static_cast<int64_t>(element_size(dtype)) * 8;
      const int64_t largest = bits == 64 ? std::numeric_limits<int64_t>::max() : (int64_t{1} << (bits - 1)) - 1;
      return Scalar(max ? -largest - 1 : largest);
    }
  }
}

}  // namespace

TensorBase scatter(const TensorBase& self, int64_t dim, const TensorBase& index, const TensorBase& src) {
  return run_scatter("scatter", self, dim, index, src, false, ScatterMode::Write);
}
TensorBase scatter(const TensorBase& self, int64_t dim, const TensorBase& index, const Scalar& value) {
  return run_scatter("scatter", self, dim, index, number_for(self, dim, value), true, ScatterMode::Write);
}
TensorBase scatter_add(const TensorBase& self, int64_t dim, const TensorBase& index, const TensorBase& src) {
  return run_scatter("scatter_add", self, dim, index, src, false, ScatterMode::Add);
}
TensorBase scatter(const TensorBase& self, int64_t dim, const TensorBase& index, const TensorBase& src,
                   std::string_view reduce) {
  maybe_wrap_dim(dim, self.dim());
  return ops::scatter_reduce(self, dim, index, src, reduction_of(reduce), true);
}
TensorBase scatter(const TensorBase& self, int64_t dim, const TensorBase& index, const Scalar& value,
                   std::string_view reduce) {
  const TensorBase number = number_for(self, dim, value);
  const TensorBase shaped = index.numel() == 0 ? ops::expand(number, index.sizes()) : ops::expand_as(number, index);
  return ops::scatter_reduce(self, dim, index, shaped, reduction_of(reduce), true);
}

TensorBase scatter_reduce(const TensorBase& self, int64_t dim, const TensorBase& index, const TensorBase& src,
                          std::string_view reduce, bool include_self) {
  maybe_wrap_dim(dim, self.dim());
  const bool mean = reduce == "mean";
  ScatterMode mode = ScatterMode::Add;
  if (reduce == "prod") {
    mode = ScatterMode::Multiply;
  } else if (reduce == "amax") {
    mode = ScatterMode::Max;
  } else if (reduce == "amin") {
    mode = ScatterMode::Min;
  } else {
    TORCH_CHECK(mean || reduce == "sum", "reduce argument must be either sum, prod, mean, amax or amin, got ", reduce);
  }
  const Scatter s = prepare("scatter_reduce", self, dim, index, src, false);
  if (s.empty()) return s.out;
  if (!include_self) s.run(ScatterMode::Write, s.number(neutral(reduce, self.scalar_type())));
  s.run(mode);
  if (!mean) return s.out;
  const ScalarType dtype = self.scalar_type();
  const Scatter counts = prepare("scatter_reduce", include_self ? ops::ones_like(self) : ops::zeros_like(self), dim,
                                 index, ops::ones_like(src), false);
  counts.run(ScatterMode::Add);
  const TensorBase count = ops::clamp_min(counts.out, Scalar(1));
  return !is_integral(dtype, true) ? ops::div(s.out, count) : ops::div(s.out, count, "floor");
}

}  // namespace tiny_torch::native
