// Fronts of the operators that look values up: unique, searchsorted, isin.
#include <cmath>

#include "aten/core/operators.h"
#include "aten/core/promotion.h"
#include "aten/native/order_stub.h"
#include "generated/kernels/search.h"
#include "generated/ops/compare.h"
#include "generated/ops/copy.h"
#include "generated/ops/creation.h"
#include "generated/ops/index.h"
#include "generated/ops/join.h"
#include "generated/ops/reduce.h"
#include "generated/ops/search.h"
#include "generated/ops/shape.h"
#include "generated/ops/sort.h"
#include "generated/ops/statistics.h"
#include "generated/ops/view.h"

namespace tiny_torch::native {

DEFINE_STUB(row_order_stub);
DEFINE_STUB(searchsorted_stub);

namespace {

using Unique = std::tuple<TensorBase, TensorBase, TensorBase>;

TensorBase no_indices(const TensorBase& self) { return empty_tensor({0}, kLong, self.device()); }

// Where runs of equal rows of (n, m) begin, as a mask (n).
TensorBase starts_of_runs(const TensorBase& rows) {
  const int64_t n = rows.size(0);
  const TensorBase first = ops::ones({1}, kBool, std::nullopt, rows.device());
  if (n == 1) return first;
  const TensorBase differs =
      ops::any(ops::ne(ops::narrow(rows, 0, 1, n - 1), ops::narrow(rows, 0, 0, n - 1)), 1, false);
  return ops::cat(std::vector<TensorBase>{first, differs}, 0);
}

struct Runs {
  TensorBase positions;  // where each run begins
  TensorBase run;        // the run of each row
  TensorBase counts;
};

Runs find_runs(const TensorBase& rows) {
  const int64_t n = rows.size(0);
  const TensorBase starts = starts_of_runs(rows);
  const TensorBase positions = ops::reshape(ops::nonzero(starts), {-1});
  const TensorBase end = ops::full({1}, Scalar(n), kLong, std::nullopt, rows.device());
  return {positions, ops::cumsum(starts, 0) - Scalar(1),
          ops::diff(ops::cat(std::vector<TensorBase>{positions, end}, 0))};
}

TensorBase as_rows(const TensorBase& self, int64_t dim) {
  const TensorBase front = ops::contiguous(ops::movedim(self, {dim}, {int64_t{0}}));
  return ops::reshape(front, {self.size(dim), self.size(dim) == 0 ? 0 : self.numel() / self.size(dim)});
}

// Rows of as_rows() back in the shape of `self` but for `dim`, which stays the outermost in memory.
TensorBase from_rows(const TensorBase& rows, const TensorBase& self, int64_t dim) {
  DimVector shape{rows.size(0)};
  for (int64_t i = 0; i < self.dim(); ++i) {
    if (i != dim) shape.push_back(self.size(i));
  }
  return ops::movedim(ops::reshape(rows, shape), {int64_t{0}}, {dim});
}

void check_unique_dim(const char* op, const TensorBase& self, int64_t dim) {
  int64_t zeros = 0;
  for (int64_t i = 0; i < self.dim(); ++i) zeros += i != dim && self.size(i) == 0 ? 1 : 0;
  TORCH_CHECK(zeros == 0 || self.size(dim) == 0, op,
              ": there are 0 sized dimensions, and they aren't selected, so unique cannot be applied");
  TORCH_CHECK(zeros == 0, op,
              ": there are 0 sized dimensions, and they aren't selected by `dim`, so unique cannot be applied");
}

}  // namespace

Unique _unique2(const TensorBase& self, bool, bool return_inverse, bool return_counts) {
  TORCH_CHECK_NOT_IMPLEMENTED(!self.is_complex(), "\"unique\" not implemented for '", to_string(self.scalar_type()),
                              "'");
  const TensorBase flat = ops::reshape(self, {-1});
  if (flat.numel() == 0) {
    TensorBase inverse = return_inverse ? empty_tensor(self.sizes(), kLong, self.device()) : no_indices(self);
    return {ops::clone(flat), inverse, no_indices(self)};
  }
  const auto [sorted, order] = ops::sort(flat);
  const Runs runs = find_runs(ops::unsqueeze(sorted, 1));
  TensorBase inverse = no_indices(self);
  if (return_inverse) {
    inverse = ops::reshape(ops::scatter(ops::zeros_like(order), 0, order, runs.run), self.sizes());
  }
  return {ops::index_select(sorted, 0, runs.positions), inverse, return_counts ? runs.counts : no_indices(self)};
}

Unique unique_dim(const TensorBase& self, int64_t dim, bool, bool return_inverse, bool return_counts) {
  const int64_t d = maybe_wrap_dim(dim, self.dim());
  TORCH_CHECK_NOT_IMPLEMENTED(!self.is_complex(), "\"unique_dim\" not implemented for '", to_string(self.scalar_type()),
                              "'");
  if (self.dim() == 0) return native::_unique2(self, true, return_inverse, return_counts);
  check_unique_dim("unique_dim", self, d);
  if (self.size(d) == 0) return {ops::clone(self), no_indices(self), no_indices(self)};
  const TensorBase rows = as_rows(self, d);
  const TensorBase order = empty_tensor({rows.size(0)}, kLong, self.device());
  row_order_stub(self.device().type(), order, rows);
  const Runs runs = find_runs(ops::index_select(rows, 0, order));
  TensorBase inverse = no_indices(self);
  if (return_inverse) inverse = ops::scatter(ops::zeros_like(order), 0, order, runs.run);
  const TensorBase firsts = ops::index_select(rows, 0, ops::index_select(order, 0, runs.positions));
  return {from_rows(firsts, self, d), inverse, return_counts ? runs.counts : no_indices(self)};
}

Unique unique_consecutive(const TensorBase& self, bool return_inverse, bool return_counts, std::optional<int64_t> dim) {
  const bool is_flat = !dim.has_value() || self.dim() == 0;
  if (dim.has_value()) dim = maybe_wrap_dim(*dim, self.dim());
  const TensorBase input = is_flat ? ops::reshape(self, {-1}) : self;
  const int64_t d = is_flat ? 0 : *dim;
  if (!is_flat) check_unique_dim("unique_consecutive", self, d);
  if (input.size(d) == 0) {
    TensorBase inverse =
        return_inverse && is_flat ? empty_tensor(self.sizes(), kLong, self.device()) : no_indices(self);
    return {ops::clone(input), inverse, no_indices(self)};
  }
  const TensorBase rows = as_rows(input, d);
  const Runs runs = find_runs(rows);
  TensorBase inverse = no_indices(self);
  if (return_inverse) inverse = is_flat ? ops::reshape(runs.run, self.sizes()) : runs.run;
  return {from_rows(ops::index_select(rows, 0, runs.positions), input, d), inverse,
          return_counts ? runs.counts : no_indices(self)};
}

TensorBase searchsorted(const TensorBase& sorted_sequence, const TensorBase& self, bool out_int32, bool right,
                        std::optional<std::string_view> side, const std::optional<TensorBase>& sorter) {
  TORCH_CHECK(!side.has_value() || *side == "left" || *side == "right",
              "torch.searchsorted(): side can only be 'left' or 'right' but got ", side.value_or(""));
  TORCH_CHECK(!side.has_value() || !right || *side == "right",
              "torch.searchsorted(): side and right can't be set to opposites, got side of ", side.value_or(""),
              " while right was True");
  const bool is_right = right || (side.has_value() && *side == "right");
  TORCH_CHECK(sorted_sequence.dim() != 0,
              "torch.searchsorted(): input value can be a scalar only when sorted sequence is a tensor of dimension 1, "
              "but got a sorted sequence of dimension 0");
  const bool is_scalar = self.dim() == 0;
  TORCH_CHECK(
      !is_scalar || sorted_sequence.dim() == 1,
      "torch.searchsorted(): input value can be a scalar only when boundaries tensor dimension is 1, but we got "
      "boundaries tensor dim(",
      sorted_sequence.dim(), ")");
  const bool shapes_match =
      sorted_sequence.dim() == 1 ||
      (self.dim() == sorted_sequence.dim() &&
       self.sizes().slice(0, self.sizes().size() - 1) == sorted_sequence.sizes().slice(0, self.sizes().size() - 1));
  TORCH_CHECK(shapes_match,
              "torch.searchsorted(): boundaries tensor should be 1 dimension or the first N-1 dimensions of boundaries "
              "tensor and input value tensor must match, but we got boundaries tensor ",
              sorted_sequence.sizes(), " and input value tensor ", self.sizes());
  TensorBase bounds = sorted_sequence;
  if (sorter.has_value()) {
    TORCH_CHECK(sorter->sizes() == sorted_sequence.sizes(),
                "torch.searchsorted(): boundary and sorter must have the same size, but got boundary tensor ",
                sorted_sequence.sizes(), "and got sorter tensor ", sorter->sizes());
    TORCH_CHECK(sorter->scalar_type() == kLong,
                "torch.searchsorted(): sorter must be a tensor of long dtype but got dtype ",
                to_string(sorter->scalar_type()));
    bounds = ops::gather(sorted_sequence, -1, *sorter);
  }
  const ScalarType common = promote_types(bounds.scalar_type(), self.scalar_type());
  TORCH_CHECK_NOT_IMPLEMENTED(!is_complex_type(common) && common != kBool,
                              "\"searchsorted_out_cpu\" not implemented for '", to_string(common), "'");
  TORCH_CHECK(
      self.impl()->is_wrapped_number() || self.device() == sorted_sequence.device(),
      "torch.searchsorted(): boundaries and input value tensors should have same device type, but got boundaries "
      "tensor device type ",
      sorted_sequence.device(), " and input value tensor device type ", self.device());
  const TensorBase result = empty_tensor(self.sizes(), kLong, bounds.device());
  if (result.numel() != 0 && !result.is_meta()) {
    const int64_t n = bounds.size(-1), m = is_scalar ? 1 : self.size(-1);
    const bool one_row = sorted_sequence.dim() == 1;
    const TensorBase rows = ops::view(ops::contiguous(ops::to(bounds, common)),
                                      {one_row ? 1 : bounds.numel() / std::max<int64_t>(n, 1), n});
    const TensorBase values =
        ops::reshape(ops::contiguous(ops::to(self, bounds.device(), common)), {self.numel() / m, m});
    if (n == 0) {
      TensorBase zeros = result;
      ops::zero_(zeros);
    } else {
      searchsorted_stub(bounds.device().type(), ops::view(result, values.sizes()), rows, values, is_right);
    }
  }
  return out_int32 ? ops::to(result, kInt) : result;
}

TensorBase bucketize(const TensorBase& self, const TensorBase& boundaries, bool out_int32, bool right) {
  TORCH_CHECK(boundaries.dim() == 1, "bucketize(): boundaries tensor must be 1 dimension, but got dim(",
              boundaries.dim(), ")");
  return ops::searchsorted(boundaries, self, out_int32, right);
}

namespace {
// Whether each of `x` stands in the sorted vector.
TensorBase stands_in(const TensorBase& sorted, const TensorBase& x, IntArrayRef shape) {
  if (sorted.numel() == 0) return ops::zeros(shape, kBool, std::nullopt, x.device());
  const TensorBase at = ops::clamp_max(ops::searchsorted(sorted, x), Scalar(sorted.numel() - 1));
  return ops::reshape(ops::eq(ops::index_select(sorted, 0, at), x), shape);
}
}  // namespace

TensorBase isin(const TensorBase& elements, const TensorBase& test_elements, bool, bool invert) {
  const TensorBase* operands[] = {&elements, &test_elements};
  const Device device = common_device("isin", operands, 2);
  for (const TensorBase* t : operands) {
    TORCH_CHECK(!t->is_complex() && t->scalar_type() != kBool,
                "Unsupported input type encountered for isin(): ", to_string(t->scalar_type()));
  }
  const ScalarType type = result_type(elements, test_elements);
  TensorBase found;
  if (test_elements.numel() == 0 || device.is_meta()) {
    found = ops::zeros(elements.sizes(), kBool, std::nullopt, device);
  } else {
    const TensorBase x = ops::reshape(ops::to(elements, device, type), {-1});
    TensorBase wanted = ops::reshape(ops::to(test_elements, device, type), {-1});
    // nan equals nothing, and a sorted list that ends in it misleads the binary search.
    if (is_floating_point(type)) wanted = ops::masked_select(wanted, ops::eq(wanted, wanted));
    found = stands_in(std::get<0>(ops::sort(wanted)), x, elements.sizes());
  }
  return invert ? ops::logical_not(found) : found;
}

TensorBase nonzero_static(const TensorBase& self, int64_t size, int64_t fill_value) {
  TORCH_CHECK(size >= 0, "nonzero_static: 'size' must be an non-negative integer");
  const TensorBase result = ops::full({size, self.dim()}, Scalar(fill_value), kLong, std::nullopt, self.device());
  if (self.is_meta()) return result;
  const TensorBase found = ops::nonzero(self);
  const int64_t count = std::min(size, found.size(0));
  TensorBase first = ops::narrow(result, 0, 0, count);
  ops::copy_(first, ops::narrow(found, 0, 0, count));
  return result;
}

}  // namespace tiny_torch::native
