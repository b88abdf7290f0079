// Fronts of take, put and masked_scatter.
#include "generated/kernels/take.h"

#include "aten/core/op_support.h"
#include "aten/core/operators.h"
#include "aten/core/promotion.h"
#include "generated/ops/compare.h"
#include "generated/ops/copy.h"
#include "generated/ops/creation.h"
#include "generated/ops/index.h"
#include "generated/ops/join.h"
#include "generated/ops/reduce.h"
#include "generated/ops/shape.h"
#include "generated/ops/take.h"
#include "generated/ops/view.h"

namespace tiny_torch::native {

namespace {

using Indices = std::vector<std::optional<TensorBase>>;

TensorBase flat(const TensorBase& t) { return ops::reshape(t, {-1}); }

}  // namespace

TensorBase take(const TensorBase& self, const TensorBase& index) {
  TORCH_CHECK(index.scalar_type() == kLong, "take(): Expected a long tensor for index, but got ",
              to_string(index.scalar_type()));
  TORCH_CHECK_INDEX(self.numel() != 0 || index.numel() == 0, "take(): tried to take from an empty tensor");
  if (index.numel() == 0) return empty_tensor(index.sizes(), self.scalar_type(), self.device());
  return ops::reshape(ops::index(flat(self), Indices{flat(index)}), index.sizes());
}

TensorBase& take_out(TensorBase& out, const TensorBase& self, const TensorBase& index) {
  const AutoDispatchBelowAutograd guard;
  check_no_overlap(out, self);
  check_no_overlap(out, index);
  write_exact_output("take", out, ops::take(self, index));
  return out;
}

TensorBase put(const TensorBase& self, const TensorBase& index, const TensorBase& source, bool accumulate) {
  TORCH_CHECK(index.scalar_type() == kLong, "put_(): Expected a long tensor for index, but got ",
              to_string(index.scalar_type()));
  TORCH_CHECK(self.scalar_type() == source.scalar_type(),
              "put_(): self and source expected to have the same dtype, but got self.dtype = ",
              to_string(self.scalar_type()), " and source.dtype = ", to_string(source.scalar_type()));
  TORCH_CHECK_INDEX(source.numel() == index.numel(),
                    "put_(): Expected source and index to have the same number of elements, but got source.numel() = ",
                    source.numel(), ", index.numel() = ", index.numel());
  TORCH_CHECK_INDEX(self.numel() != 0 || index.numel() == 0, "put_(): Tried to put elements into an empty tensor");
  const TensorBase values = ops::clone(self, MemoryFormat::Contiguous);
  TensorBase target = ops::view(values, {values.numel()});
  if (index.numel() != 0) ops::index_put_(target, Indices{flat(index)}, flat(source), accumulate);
  if (self.is_contiguous()) return values;
  TensorBase result = ops::empty_like(self);
  return ops::copy_(result, values);
}

TensorBase masked_scatter(const TensorBase& self, const TensorBase& mask, const TensorBase& source) {
  TORCH_CHECK(mask.scalar_type() == kBool, "masked_scatter_ only supports boolean masks, but got mask with dtype ",
              to_string(mask.scalar_type()));
  TORCH_CHECK(self.scalar_type() == source.scalar_type(),
              "masked_scatter: expected self and source to have same dtypes but got ", to_string(self.scalar_type()),
              " and ", to_string(source.scalar_type()));
  const DimVector shape = infer_broadcast_size(mask.sizes(), self.sizes());
  const TensorBase result = ops::clone(ops::expand(self, shape), MemoryFormat::Contiguous);
  if (result.numel() == 0 || result.is_meta()) return result;
  const TensorBase positions = flat(ops::nonzero(flat(ops::expand(mask, shape))));
  TORCH_CHECK(positions.numel() <= source.numel(),
              "masked_scatter_: expected source to have at least as many elements as the mask has ones, got ",
              source.numel(), " and ", positions.numel());
  TensorBase target = ops::view(result, {result.numel()});
  ops::index_put_(target, Indices{positions}, ops::narrow(flat(source), 0, 0, positions.numel()));
  return result;
}

TensorBase masked_scatter_backward(const TensorBase& grad_output, const TensorBase& mask, IntArrayRef sizes) {
  const TensorBase result = ops::zeros(sizes, grad_output.scalar_type(), std::nullopt, grad_output.device());
  const TensorBase chosen = ops::masked_select(grad_output, mask);
  TensorBase target = ops::narrow(ops::view(result, {result.numel()}), 0, 0, chosen.numel());
  ops::copy_(target, chosen);
  return result;
}

}  // namespace tiny_torch::native
