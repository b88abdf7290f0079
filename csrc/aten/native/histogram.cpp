// Fronts of histograms of numbers and of points.
#include <cmath>
#include <limits>

#include "aten/core/operators.h"
#include "generated/kernels/statistics.h"
#include "generated/ops/binary.h"
#include "generated/ops/compare.h"
#include "generated/ops/copy.h"
#include "generated/ops/creation.h"
#include "generated/ops/index.h"
#include "generated/ops/reduce.h"
#include "generated/ops/search.h"
#include "generated/ops/shape.h"
#include "generated/ops/statistics.h"
#include "generated/ops/view.h"

namespace tiny_torch::native {

namespace {

using Range = std::optional<ArrayRef<double>>;
using Edges = std::vector<TensorBase>;

void check_points(const TensorBase& self, size_t coordinates) {
  TORCH_CHECK(self.dim() >= 2, "torch.histogramdd: input tensor should have at least 2 dimensions, but got ",
              self.dim());
  TORCH_CHECK(static_cast<int64_t>(coordinates) == self.size(-1), "torch.histogramdd: expected ", self.size(-1),
              " sequences of bin edges for a ", self.size(-1), "-dimensional histogram but got ", coordinates);
}

void check_dtypes(const TensorBase& points, const Edges& edges, const std::optional<TensorBase>& weight) {
  TORCH_CHECK_NOT_IMPLEMENTED(points.scalar_type() == kFloat || points.scalar_type() == kDouble,
                              "\"histogramdd\" not implemented for '", to_string(points.scalar_type()), "'");
  for (const TensorBase& edge : edges) {
    TORCH_CHECK(
        edge.scalar_type() == points.scalar_type(),
        "torch.histogramdd: input tensor and bins tensors should have the same dtype, but got input with dtype ",
        to_string(points.scalar_type()), " and bins with dtype ", to_string(edge.scalar_type()));
    TORCH_CHECK(edge.dim() == 1, "torch.histogramdd: bins tensor should have one dimension, but got ", edge.dim(),
                " dimensions");
    TORCH_CHECK(edge.numel() > 0, "torch.histogramdd: bins tensor should have at least 1 element, but got 0");
  }
  if (!weight.has_value()) return;
  TORCH_CHECK(weight->scalar_type() == points.scalar_type(),
              "torch.histogramdd: if weight tensor is provided, input tensor and weight tensor should have the same "
              "dtype, but got input(",
              to_string(points.scalar_type()), "), and weight(", to_string(weight->scalar_type()), ")");
  const IntArrayRef expected = points.sizes().slice(0, points.sizes().size() - 1);
  TORCH_CHECK(weight->sizes() == expected,
              "torch.histogramdd: if weight tensor is provided it should have the same shape as the input tensor "
              "excluding its innermost dimension, but got input with shape ",
              points.sizes(), " and weight with shape ", weight->sizes());
}

std::pair<double, double> range_of(const TensorBase& values, const Range& range, size_t coordinate) {
  double low = 0, high = 1;
  if (range.has_value()) {
    low = (*range)[2 * coordinate];
    high = (*range)[2 * coordinate + 1];
  } else if (values.numel() > 0) {
    low = read_scalar(ops::amin(values, {})).to_double();
    high = read_scalar(ops::amax(values, {})).to_double();
  }
  TORCH_CHECK(std::isfinite(low) && std::isfinite(high), "torch.histogramdd: dimension ", coordinate, "'s range [", low,
              ", ", high, "] is not finite");
  TORCH_CHECK(low <= high, "torch.histogramdd: min should not exceed max, but got min ", low, " max ", high,
              " for dimension ", coordinate);
  return low == high ? std::pair(low - 0.5, high + 0.5) : std::pair(low, high);
}

Edges equal_bins(const TensorBase& points, IntArrayRef bins, const Range& range) {
  TORCH_CHECK(!range.has_value() || range->size() == 2 * bins.size(), "torch.histogramdd: for a ", bins.size(),
              "-dimensional histogram range should have ", 2 * bins.size(), " elements, but got ",
              range.has_value() ? range->size() : 0);
  Edges edges;
  for (size_t i = 0; i < bins.size(); ++i) {
    TORCH_CHECK(bins[i] > 0, "torch.histogramdd(): bins must be > 0, but got ", bins[i], " for dimension ", i);
    TORCH_CHECK(bins[i] < std::numeric_limits<int64_t>::max(), "torch.histogramdd(): too many bins for dimension ", i);
    const auto [low, high] = range_of(ops::select(points, -1, static_cast<int64_t>(i)), range, i);
    edges.push_back(
        ops::linspace(Scalar(low), Scalar(high), bins[i] + 1, points.scalar_type(), std::nullopt, points.device()));
  }
  return edges;
}

// Counts of points (..., N) between edges; the last bin of each coordinate holds its upper edge too.
TensorBase count_points(const TensorBase& points, const Edges& edges, const std::optional<TensorBase>& weight,
                        bool density) {
  const int64_t count = static_cast<int64_t>(edges.size());
  const TensorBase rows = ops::reshape(points, {count == 0 ? 0 : points.numel() / count, count});
  DimVector shape;
  TensorBase place = ops::zeros({rows.size(0)}, kLong, std::nullopt, points.device());
  TensorBase inside = ops::ones({rows.size(0)}, kBool, std::nullopt, points.device());
  for (int64_t i = 0; i < count; ++i) {
    const TensorBase edge = ops::contiguous(edges[static_cast<size_t>(i)]);
    const TensorBase x = ops::contiguous(ops::select(rows, 1, i));
    const int64_t bins = edge.numel() - 1;
    shape.push_back(bins);
    const TensorBase within =
        ops::logical_and(ops::ge(x, ops::select(edge, 0, 0)), ops::le(x, ops::select(edge, 0, -1)));
    inside = ops::logical_and(inside, within);
    const TensorBase bin = ops::searchsorted(edge, x, false, true) - Scalar(1);
    place = place * Scalar(bins) + ops::clamp(bin, Scalar(0), Scalar(std::max<int64_t>(bins - 1, 0)));
  }
  const TensorBase hist = ops::zeros(shape, points.scalar_type(), std::nullopt, points.device());
  if (hist.numel() == 0) return hist;
  TensorBase flat = ops::reshape(hist, {-1});
  const TensorBase amount =
      weight.has_value() ? ops::reshape(*weight, {-1}) : ops::ones_like(place, points.scalar_type());
  flat = ops::index_add(flat, 0, ops::masked_select(place, inside), ops::masked_select(amount, inside));
  TensorBase result = ops::reshape(flat, shape);
  if (!density) return result;
  result = result / ops::sum(result);
  for (int64_t i = 0; i < count; ++i) {
    const TensorBase& edge = edges[static_cast<size_t>(i)];
    DimVector along(shape.size(), 1);
    along[static_cast<size_t>(i)] = -1;
    result = result / ops::reshape(ops::diff(edge), along);
  }
  return result;
}

// Numbers as points of one coordinate.
std::tuple<TensorBase, TensorBase> histogram_of_numbers(const TensorBase& self, const TensorBase& edges,
                                                        const std::optional<TensorBase>& weight, bool density) {
  TORCH_CHECK(!weight.has_value() || weight->sizes() == self.sizes(),
              "torch.histogram: weight should have the shape of input, got input with shape ", self.sizes(),
              " and weight with shape ", weight.has_value() ? weight->sizes() : self.sizes());
  std::optional<TensorBase> flat_weight;
  if (weight.has_value()) flat_weight = ops::reshape(*weight, {-1});
  const TensorBase points = ops::reshape(self, {self.numel(), 1});
  check_dtypes(points, {edges}, flat_weight);
  return {count_points(points, {edges}, flat_weight, density), edges};
}

}  // namespace

std::tuple<TensorBase, TensorBase> histogram(const TensorBase& self, const TensorBase& bins,
                                             const std::optional<TensorBase>& weight, bool density) {
  return histogram_of_numbers(self, ops::clone(bins), weight, density);
}
std::tuple<TensorBase, TensorBase> histogram(const TensorBase& self, int64_t bins, Range range,
                                             const std::optional<TensorBase>& weight, bool density) {
  const TensorBase points = ops::reshape(self, {self.numel(), 1});
  check_dtypes(points, {}, std::nullopt);
  return histogram_of_numbers(self, equal_bins(points, {bins}, range)[0], weight, density);
}

std::vector<TensorBase> _histogramdd_bin_edges(const TensorBase& self, IntArrayRef bins, Range range,
                                               const std::optional<TensorBase>&, bool) {
  check_points(self, bins.size());
  check_dtypes(self, {}, std::nullopt);
  return equal_bins(self, bins, range);
}
TensorBase _histogramdd_from_bin_tensors(const TensorBase& self, TensorList bins,
                                         const std::optional<TensorBase>& weight, bool density) {
  check_points(self, bins.size());
  const Edges edges(bins.begin(), bins.end());
  check_dtypes(self, edges, weight);
  return count_points(self, edges, weight, density);
}

}  // namespace tiny_torch::native
