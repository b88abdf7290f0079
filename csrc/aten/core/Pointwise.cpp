#include "aten/core/Pointwise.h"

#include <cstring>

#include "aten/core/op_support.h"
#include "aten/core/promotion.h"
#include "aten/core/result_layout.h"

namespace tiny_torch {

DEFINE_STUB(pointwise_stub);

namespace {

struct Plan {
  ScalarType common;
  ScalarType result;
};

Plan plan_dtypes(const PointwiseOp& op, const TensorBase* const* inputs) {
  ScalarType common = ScalarType::Undefined;
  if (op.rule == PointwiseRule::First) {
    common = inputs[0]->scalar_type();
  } else {
    // Equal dtypes, the usual case, need no promotion; wrapped numbers do.
    bool same = true;
    for (int i = 0; i < op.num_inputs; ++i) {
      if (!((op.promote_mask >> i) & 1)) continue;
      const ScalarType t = inputs[i]->scalar_type();
      same = same && !inputs[i]->impl()->is_wrapped_number() && (common == ScalarType::Undefined || common == t);
      common = t;
    }
    if (!same) {
      ResultType r;
      for (int i = 0; i < op.num_inputs; ++i) {
        if ((op.promote_mask >> i) & 1) r.add(*inputs[i]);
      }
      common = r.get();
    }
  }
  if (op.rule == PointwiseRule::FloatPromote && is_integral(common, true)) common = default_dtype();
  return {common, op.rule == PointwiseRule::Compare ? kBool : common};
}

void check_supported(const PointwiseOp& op, ScalarType common) {
  const bool computable = element_size(common) != 0 && common != kComplexHalf && !is_float8(common) &&
                          (common < kUInt16 || common > kUInt64);
  if (!computable || op.blocks.fn[static_cast<int>(compute_type(common))] == nullptr) {
    detail::throw_not_implemented(str("\"", op.error_name, "_cpu\" not implemented for '", to_string(common), "'"));
  }
}

DimVector broadcast_shape(const PointwiseOp& op, const TensorBase* const* inputs) {
  DimVector shape(inputs[0]->sizes());
  for (int i = 1; i < op.num_inputs; ++i) {
    if (inputs[i]->sizes() != IntArrayRef(shape)) shape = infer_broadcast_size(shape, inputs[i]->sizes());
  }
  return shape;
}

DimVector output_strides(const PointwiseOp& op, const TensorBase* const* inputs, IntArrayRef shape) {
  DimVector operands[kMaxPointwiseInputs];
  for (int i = 0; i < op.num_inputs; ++i) operands[i] = broadcast_strides(*inputs[i], shape);
  return dense_strides(shape, ArrayRef<DimVector>(operands, static_cast<size_t>(op.num_inputs)));
}

TensorBase make_output(const PointwiseOp& op, const TensorBase* const* inputs, ScalarType dtype, Device device) {
  const TensorBase& first = *inputs[0];
  bool same_shape = true, all_contiguous = true, same_strides = true;
  for (int i = 0; i < op.num_inputs; ++i) {
    same_shape = same_shape && inputs[i]->sizes() == first.sizes();
    same_strides = same_strides && inputs[i]->strides() == first.strides();
    all_contiguous = all_contiguous && inputs[i]->is_contiguous();
  }
  if (same_shape && all_contiguous) return empty_tensor(first.sizes(), dtype, device);
  const DimVector shape = same_shape ? DimVector(first.sizes()) : broadcast_shape(op, inputs);
  if (same_shape && same_strides && first.is_non_overlapping_and_dense())
    return empty_strided_tensor(shape, first.strides(), dtype, device);
  return empty_strided_tensor(shape, output_strides(op, inputs, shape), dtype, device);
}

struct ScalarValues {
  alignas(16) unsigned char bytes[kMaxPointwiseScalars * 16];
};

template <class T>
void store_scalars(const Scalar* scalars, int n, void* out) {
  for (int i = 0; i < n; ++i) static_cast<T*>(out)[i] = scalars[i].to<T>();
}

int64_t wrapped(int64_t value, ScalarType dtype) {
  switch (dtype) {
    case kByte:
      return static_cast<uint8_t>(value);
    case kChar:
      return static_cast<int8_t>(value);
    case kShort:
      return static_cast<int16_t>(value);
    case kInt:
      return static_cast<int32_t>(value);
    default:
      return value;
  }
}

// Numbers and 0-d tensors may be wider than the dtype they are computed in: they wrap to it first, as in PyTorch.
bool wraps(const TensorBase& t, ScalarType common) {
  if (t.scalar_type() == common || t.dim() != 0 || !t.is_cpu() || !is_integral(t.scalar_type(), false)) return false;
  const int64_t value = read_scalar(t).to_int();
  return wrapped(value, common) != value;
}

void run_wrapped(const PointwiseCall& call, ScalarType common) {
  TensorBase held[kMaxPointwiseInputs];
  const TensorBase* inputs[kMaxPointwiseInputs];
  for (int i = 0; i < call.op->num_inputs; ++i) {
    inputs[i] = call.inputs[i];
    if (!wraps(*inputs[i], common)) continue;
    held[i] = scalar_tensor_of(wrapped(read_scalar(*inputs[i]).to_int(), common), common);
    inputs[i] = &held[i];
  }
  PointwiseCall narrow = call;
  narrow.inputs = inputs;
  pointwise_stub(call.out->device().type(), narrow);
}

void run(const PointwiseOp& op, const TensorBase& out, const TensorBase* const* inputs, const Scalar* scalars,
         ScalarType common) {
  // Numbers have to fit the compute type even where there is nothing to compute.
  if (out.is_meta() || (out.numel() == 0 && op.num_scalars == 0)) return;
  ScalarValues values;
  const ComputeType type = compute_type(common);
  if (op.num_scalars != 0) {
    switch (type) {
      case ComputeType::F32:
        store_scalars<float>(scalars, op.num_scalars, values.bytes);
        break;
      case ComputeType::F64:
        store_scalars<double>(scalars, op.num_scalars, values.bytes);
        break;
      case ComputeType::I64:
        store_scalars<int64_t>(scalars, op.num_scalars, values.bytes);
        break;
      case ComputeType::C64:
        store_scalars<complex<float>>(scalars, op.num_scalars, values.bytes);
        break;
      case ComputeType::C128:
        store_scalars<complex<double>>(scalars, op.num_scalars, values.bytes);
        break;
    }
  }
  if (out.numel() == 0) return;
  const PointwiseCall call{&op, &out, inputs, values.bytes, type};
  if (type == ComputeType::I64 && common != kLong && common != kBool) return run_wrapped(call, common);
  pointwise_stub(out.device().type(), call);
}

// A narrow result dtype (bool, int8, bfloat16 ...) wraps or rounds before another out dtype sees the value.
bool rounds_between(const Plan& plan, ScalarType out) {
  const auto computed_in = [](ScalarType t) {
    return t == kFloat || t == kDouble || t == kLong || t == kComplexFloat || t == kComplexDouble;
  };
  return out != plan.result && plan.result == plan.common && !computed_in(plan.common);
}

void check_overlap(const PointwiseOp& op, const TensorBase& out, const TensorBase* const* inputs) {
  if (!out.is_contiguous()) check_no_internal_overlap(out);
  for (int i = 0; i < op.num_inputs; ++i) check_no_partial_overlap(out, *inputs[i]);
}

void check_output_device(const PointwiseOp& op, const TensorBase& out, const TensorBase* const* inputs) {
  const Device device = common_device(op.name, inputs, static_cast<size_t>(op.num_inputs));
  TORCH_CHECK(out.device() == device, op.name,
              ": Expected all tensors to be on the same device, but found at least two devices, ", device, " and ",
              out.device(), "!");
}

}  // namespace

TensorBase pointwise_new(const PointwiseOp& op, const TensorBase* const* inputs, const Scalar* scalars) {
  const Plan plan = plan_dtypes(op, inputs);
  check_supported(op, plan.common);
  const Device device = common_device(op.name, inputs, static_cast<size_t>(op.num_inputs));
  TensorBase out = make_output(op, inputs, plan.result, device);
  run(op, out, inputs, scalars, plan.common);
  return out;
}

void pointwise_inplace(const PointwiseOp& op, const TensorBase& self, const TensorBase* const* inputs,
                       const Scalar* scalars) {
  const Plan plan = plan_dtypes(op, inputs);
  check_supported(op, plan.common);
  check_output_device(op, self, inputs);
  check_can_cast(plan.result, self.scalar_type());
  const DimVector shape = broadcast_shape(op, inputs);
  TORCH_CHECK(self.sizes() == IntArrayRef(shape), "output with shape ", self.sizes(),
              " doesn't match the broadcast shape ", IntArrayRef(shape));
  check_overlap(op, self, inputs);
  run(op, self, inputs, scalars, plan.common);
}

void pointwise_out(const PointwiseOp& op, const TensorBase& out, const TensorBase* const* inputs,
                   const Scalar* scalars) {
  const Plan plan = plan_dtypes(op, inputs);
  check_supported(op, plan.common);
  check_output_device(op, out, inputs);
  check_can_cast(plan.result, out.scalar_type());
  const DimVector shape = broadcast_shape(op, inputs);
  const bool fits = out.sizes() == IntArrayRef(shape);
  for (int i = 0; !fits && i < op.num_inputs; ++i) {
    TORCH_CHECK(!out.is_same(*inputs[i]), "output with shape ", out.sizes(), " doesn't match the broadcast shape ",
                IntArrayRef(shape));
  }
  if (fits) check_overlap(op, out, inputs);
  if (rounds_between(plan, out.scalar_type())) {
    TensorBase target = out;
    return write_output(op.name, target, pointwise_new(op, inputs, scalars));
  }
  if (out.sizes() != IntArrayRef(shape)) resize_output(out, shape, output_strides(op, inputs, shape));
  run(op, out, inputs, scalars, plan.common);
}

void pointwise_exact_out(const PointwiseOp& op, const TensorBase& out, const TensorBase* const* inputs,
                         const Scalar* scalars) {
  check_out_dtype(out, plan_dtypes(op, inputs).result);
  pointwise_out(op, out, inputs, scalars);
}

}  // namespace tiny_torch
