// Fronts of linspace between tensors, and of logspace.
#include "generated/kernels/spaces.h"

#include <cmath>

#include "aten/core/Dispatch.h"
#include "aten/core/op_support.h"
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
  using Base = std::conditional_t<std::is_integral_v<T>, double, T>;
  using Step = std::conditional_t<std::is_integral_v<T>, float, T>;
  const auto power = [&](Step exponent) {
    if constexpr (std::is_same_v<Base, double>)
      return static_cast<T>(std::pow(base, static_cast<double>(exponent)));
    else
      return static_cast<T>(std::pow(static_cast<float>(static_cast<Base>(base)), static_cast<float>(exponent)));
  };
  const auto low = static_cast<Step>(first), high = static_cast<Step>(last);
  const Step step =
      steps > 1 ? static_cast<Step>(static_cast<Step>(high - low) / static_cast<Step>(static_cast<float>(steps - 1)))
                : Step{};
  for (int64_t i = 0; i < steps; ++i) {
    const bool rises = i < steps / 2 || steps == 1;
    const auto count = static_cast<Step>(static_cast<float>(rises ? i : steps - 1 - i));
    const auto offset = static_cast<Step>(step * count);
    to[i] = power(static_cast<Step>(rises ? low + offset : high - offset));
  }
}

}  // namespace

TensorBase logspace(const Scalar& start, const Scalar& end, int64_t steps, double base, std::optional<ScalarType> dtype,
                    std::optional<Layout> layout, std::optional<Device> device, std::optional<bool> pin_memory) {
  TORCH_CHECK(steps >= 0, "number of steps must be non-negative");
  const TensorBase out = ops::empty({steps}, dtype, layout, device, pin_memory);
  TORCH_CHECK_NOT_IMPLEMENTED(!out.is_complex() && out.scalar_type() != kBool, "\"logspace_cpu\" not implemented for '",
                              to_string(out.scalar_type()), "'");
  if (out.is_meta()) return out;
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

}  // namespace tiny_torch::native
