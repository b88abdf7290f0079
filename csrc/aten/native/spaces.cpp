// Fronts of linspace between tensors, of logspace, and of ranges with both ends.
#include "generated/kernels/spaces.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "aten/core/Dispatch.h"
#include "aten/core/op_support.h"
#include "generated/ops/copy.h"
#include "generated/ops/creation.h"
#include "generated/ops/spaces.h"
#include "generated/ops/view.h"

namespace tiny_torch::native {

namespace {

// The number in an end; a 0-d tensor is asked for.
Scalar number_of(const char* op, const TensorBase& end) {
  TORCH_CHECK(end.dim() == 0, op, " only supports 0-dimensional start and end tensors, but got one with ", end.dim(),
              " dimension(s).");
  return read_scalar(end);
}

// The first half of the exponents steps up from `first`, the second down from `last`.
template <class T>
void fill_logspace(T* to, T first, T last, int64_t steps, double base) {
  // Half types hold their ends and the base, but step in float, as integers do.
  using Step = std::conditional_t<std::is_same_v<T, double>, double, float>;
  using Base = std::conditional_t<std::is_integral_v<T>, double, Step>;
  const auto rounded =
      static_cast<Base>(std::is_integral_v<T> ? base : static_cast<double>(static_cast<Step>(T(base))));
  const auto low = static_cast<Step>(first), high = static_cast<Step>(last);
  const Step step = (high - low) / static_cast<Step>(std::max<int64_t>(steps - 1, 1));
  for (int64_t i = 0; i < steps; ++i) {
    const Step exponent =
        i < steps / 2 ? low + step * static_cast<Step>(i) : high - step * static_cast<Step>(steps - 1 - i);
    to[i] = static_cast<T>(std::pow(rounded, static_cast<Base>(exponent)));
  }
}

}  // namespace

TensorBase logspace(const Scalar& start, const Scalar& end, int64_t steps, double base, std::optional<ScalarType> dtype,
                    std::optional<Layout> layout, std::optional<Device> device, std::optional<bool> pin_memory) {
  TORCH_CHECK(steps >= 0, "number of steps must be non-negative");
  const TensorBase out = ops::empty({steps}, dtype, layout, device, pin_memory);
  TORCH_CHECK_NOT_IMPLEMENTED(!out.is_complex() && (steps <= 1 || out.scalar_type() != kBool),
                              "\"logspace_cpu\" not implemented for '", to_string(out.scalar_type()), "'");
  if (out.is_meta() || steps == 0) return out;
  if (steps == 1) return ops::fill(out, Scalar(std::pow(base, start.to_double())));
  dispatch_real(out.scalar_type(), "logspace_cpu", [&](auto tag) {
    using T = decltype(tag);
    if constexpr (!std::is_same_v<T, bool>)
      fill_logspace(static_cast<T*>(out.mutable_data_ptr()), start.to<T>(), end.to<T>(), steps, base);
  });
  return out;
}

TensorBase& logspace_out(TensorBase& out, const Scalar& start, const Scalar& end, int64_t steps, double base) {
  const AutoDispatchBelowAutograd guard;
  const TensorBase powers =
      native::logspace(start, end, steps, base, out.scalar_type(), std::nullopt, out.device(), std::nullopt);
  // An `out` with as many elements keeps its shape.
  write_output("logspace", out, out.numel() == powers.numel() ? ops::view(powers, out.sizes()) : powers);
  return out;
}

TensorBase linspace(const TensorBase& start, const TensorBase& end, int64_t steps, std::optional<ScalarType> dtype,
                    std::optional<Layout> layout, std::optional<Device> device, std::optional<bool> pin_memory) {
  return ops::linspace(number_of("linspace", start), number_of("linspace", end), steps, dtype, layout, device,
                       pin_memory);
}
TensorBase linspace(const TensorBase& start, const Scalar& end, int64_t steps, std::optional<ScalarType> dtype,
                    std::optional<Layout> layout, std::optional<Device> device, std::optional<bool> pin_memory) {
  return ops::linspace(number_of("linspace", start), end, steps, dtype, layout, device, pin_memory);
}
TensorBase linspace(const Scalar& start, const TensorBase& end, int64_t steps, std::optional<ScalarType> dtype,
                    std::optional<Layout> layout, std::optional<Device> device, std::optional<bool> pin_memory) {
  return ops::linspace(start, number_of("linspace", end), steps, dtype, layout, device, pin_memory);
}
TensorBase logspace(const TensorBase& start, const TensorBase& end, int64_t steps, double base,
                    std::optional<ScalarType> dtype, std::optional<Layout> layout, std::optional<Device> device,
                    std::optional<bool> pin_memory) {
  return ops::logspace(number_of("logspace", start), number_of("logspace", end), steps, base, dtype, layout, device,
                       pin_memory);
}
TensorBase logspace(const TensorBase& start, const Scalar& end, int64_t steps, double base,
                    std::optional<ScalarType> dtype, std::optional<Layout> layout, std::optional<Device> device,
                    std::optional<bool> pin_memory) {
  return ops::logspace(number_of("logspace", start), end, steps, base, dtype, layout, device, pin_memory);
}
TensorBase logspace(const Scalar& start, const TensorBase& end, int64_t steps, double base,
                    std::optional<ScalarType> dtype, std::optional<Layout> layout, std::optional<Device> device,
                    std::optional<bool> pin_memory) {
  return ops::logspace(start, number_of("logspace", end), steps, base, dtype, layout, device, pin_memory);
}

// What `out` is decides dtype and placement; arguments that say otherwise are refused by the binding.
TensorBase& linspace_out(TensorBase& out, const TensorBase& start, const TensorBase& end, int64_t steps,
                         std::optional<ScalarType>, std::optional<Layout>, std::optional<Device>, std::optional<bool>) {
  return ops::linspace_out(out, number_of("linspace", start), number_of("linspace", end), steps);
}
TensorBase& linspace_out(TensorBase& out, const TensorBase& start, const Scalar& end, int64_t steps,
                         std::optional<ScalarType>, std::optional<Layout>, std::optional<Device>, std::optional<bool>) {
  return ops::linspace_out(out, number_of("linspace", start), end, steps);
}
TensorBase& linspace_out(TensorBase& out, const Scalar& start, const TensorBase& end, int64_t steps,
                         std::optional<ScalarType>, std::optional<Layout>, std::optional<Device>, std::optional<bool>) {
  return ops::linspace_out(out, start, number_of("linspace", end), steps);
}
TensorBase& logspace_out(TensorBase& out, const TensorBase& start, const TensorBase& end, int64_t steps, double base,
                         std::optional<ScalarType>, std::optional<Layout>, std::optional<Device>, std::optional<bool>) {
  return ops::logspace_out(out, number_of("logspace", start), number_of("logspace", end), steps, base);
}
TensorBase& logspace_out(TensorBase& out, const TensorBase& start, const Scalar& end, int64_t steps, double base,
                         std::optional<ScalarType>, std::optional<Layout>, std::optional<Device>, std::optional<bool>) {
  return ops::logspace_out(out, number_of("logspace", start), end, steps, base);
}
TensorBase& logspace_out(TensorBase& out, const Scalar& start, const TensorBase& end, int64_t steps, double base,
                         std::optional<ScalarType>, std::optional<Layout>, std::optional<Device>, std::optional<bool>) {
  return ops::logspace_out(out, start, number_of("logspace", end), steps, base);
}

namespace {
TensorBase range_with_ends(const Scalar& start, const Scalar& end, const Scalar& step, ScalarType dtype,
                           std::optional<Layout> layout, std::optional<Device> device, std::optional<bool> pin_memory) {
  TORCH_CHECK_NOT_IMPLEMENTED(dtype != kBool && !is_complex_type(dtype), "\"range_cpu\" not implemented for '",
                              to_string(dtype), "'");
  double from = start.to_double(), to = end.to_double(), by = step.to_double();
  TORCH_CHECK(std::isfinite(from) && std::isfinite(to), "unsupported range: ", from, " -> ", to);
  if (is_integral(dtype, false)) {
    // The ends themselves are numbers of the dtype.
    from = static_cast<double>(start.to<int64_t>());
    to = static_cast<double>(end.to<int64_t>());
    by = static_cast<double>(step.to<int64_t>());
  }
  TORCH_CHECK(by > 0 || by < 0, "step must be nonzero");
  TORCH_CHECK((by > 0 && to >= from) || (by < 0 && to <= from),
              "upper bound and lower bound inconsistent with step sign");
  const double length = std::floor((to - from) / by) + 1;
  TORCH_CHECK(length <= static_cast<double>(std::numeric_limits<int64_t>::max() / 8),
              "invalid size, possible overflow?");
  const TensorBase out = ops::empty({static_cast<int64_t>(length)}, dtype, layout, device, pin_memory);
  if (out.is_meta()) return out;
  dispatch_real(dtype, "range_cpu", [&](auto tag) {
    using T = decltype(tag);
    using A = std::conditional_t<std::is_integral_v<T>, int64_t, double>;
    const A first = start.to<A>(), apart = step.to<A>();
    T* values = static_cast<T*>(out.mutable_data_ptr());
    for (int64_t i = 0; i < out.numel(); ++i) values[i] = static_cast<T>(first + apart * static_cast<A>(i));
  });
  return out;
}
}  // namespace

TensorBase range(const Scalar& start, const Scalar& end, const Scalar& step, std::optional<ScalarType> dtype,
                 std::optional<Layout> layout, std::optional<Device> device, std::optional<bool> pin_memory) {
  TORCH_WARN("torch.range is deprecated: it includes `end`, unlike Python's range. torch.arange does not.");
  return range_with_ends(start, end, step, dtype.value_or(default_dtype()), layout, device, pin_memory);
}
TensorBase range(const Scalar& start, const Scalar& end, std::optional<ScalarType> dtype, std::optional<Layout> layout,
                 std::optional<Device> device, std::optional<bool> pin_memory) {
  return native::range(start, end, Scalar(1), dtype, layout, device, pin_memory);
}
TensorBase& range_out(TensorBase& out, const Scalar& start, const Scalar& end, const Scalar& step) {
  const AutoDispatchBelowAutograd guard;
  const TensorBase values =
      range_with_ends(start, end, step, out.scalar_type(), std::nullopt, out.device(), std::nullopt);
  // An `out` with as many elements keeps its shape.
  write_output("range", out, out.numel() == values.numel() ? ops::view(values, out.sizes()) : values);
  return out;
}

}  // namespace tiny_torch::native
