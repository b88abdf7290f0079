// Fronts of the factories.
#include "generated/kernels/creation.h"
#include "generated/kernels/copy.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "aten/core/Dispatch.h"
#include "aten/core/op_support.h"
#include "aten/core/result_layout.h"
#include "generated/ops/copy.h"
#include "generated/ops/creation.h"
#include "generated/ops/view.h"

namespace tiny_torch::native {

namespace {
void check_options(const char* op, std::optional<Layout> layout, std::optional<Device> device,
                   std::optional<bool> pin_memory) {
  TORCH_CHECK(layout.value_or(Layout::Strided) == Layout::Strided, op, "(): only strided layouts are supported");
  if (device.has_value() && device->type() == DeviceType::Meta) return;
  TORCH_CHECK(!pin_memory.value_or(false) || !device.has_value() || device->is_cpu(),
              "Only dense CPU tensors can be pinned");
  TORCH_CHECK(!pin_memory.value_or(false), op,
              "(): pin_memory=True needs a device with an allocator of pinned memory, and there is none");
}
ScalarType dtype_of(const Scalar& value) {
  return value.is_boolean()         ? kBool
         : value.is_integral(false) ? kLong
         : value.is_complex()       ? default_complex_dtype()
                                    : default_dtype();
}
}  // namespace

TensorBase empty(IntArrayRef size, std::optional<ScalarType> dtype, std::optional<Layout> layout,
                 std::optional<Device> device, std::optional<bool> pin_memory,
                 std::optional<MemoryFormat> memory_format) {
  check_options("empty", layout, device, pin_memory);
  return empty_tensor(size, dtype.value_or(default_dtype()), device.value_or(Device()),
                      memory_format.value_or(MemoryFormat::Contiguous));
}

TensorBase empty_strided(IntArrayRef size, IntArrayRef stride, std::optional<ScalarType> dtype,
                         std::optional<Layout> layout, std::optional<Device> device, std::optional<bool> pin_memory) {
  check_options("empty_strided", layout, device, pin_memory);
  return empty_strided_tensor(size, stride, dtype.value_or(default_dtype()), device.value_or(Device()));
}

TensorBase empty_like(const TensorBase& self, std::optional<ScalarType> dtype, std::optional<Layout> layout,
                      std::optional<Device> device, std::optional<bool> pin_memory,
                      std::optional<MemoryFormat> memory_format) {
  check_options("empty_like", layout, device, pin_memory);
  const ScalarType type = dtype.value_or(self.scalar_type());
  const Device where = device.value_or(self.device());
  const MemoryFormat format = memory_format.value_or(MemoryFormat::Preserve);
  if (format != MemoryFormat::Preserve) return empty_tensor(self.sizes(), type, where, format);
  return empty_in_order_of(self, type, where);
}

TensorBase full(IntArrayRef size, const Scalar& fill_value, std::optional<ScalarType> dtype,
                std::optional<Layout> layout, std::optional<Device> device, std::optional<bool> pin_memory) {
  check_options("full", layout, device, pin_memory);
  TensorBase result = empty_tensor(size, dtype.value_or(dtype_of(fill_value)), device.value_or(Device()));
  return native::fill_(result, fill_value);
}

TensorBase zeros(IntArrayRef size, std::optional<ScalarType> dtype, std::optional<Layout> layout,
                 std::optional<Device> device, std::optional<bool> pin_memory) {
  return native::full(size, Scalar(0), dtype.value_or(default_dtype()), layout, device, pin_memory);
}

TensorBase ones(IntArrayRef size, std::optional<ScalarType> dtype, std::optional<Layout> layout,
                std::optional<Device> device, std::optional<bool> pin_memory) {
  return native::full(size, Scalar(1), dtype.value_or(default_dtype()), layout, device, pin_memory);
}

TensorBase full_like(const TensorBase& self, const Scalar& fill_value, std::optional<ScalarType> dtype,
                     std::optional<Layout> layout, std::optional<Device> device, std::optional<bool> pin_memory,
                     std::optional<MemoryFormat> memory_format) {
  TensorBase result = native::empty_like(self, dtype, layout, device, pin_memory, memory_format);
  return native::fill_(result, fill_value);
}

TensorBase zeros_like(const TensorBase& self, std::optional<ScalarType> dtype, std::optional<Layout> layout,
                      std::optional<Device> device, std::optional<bool> pin_memory,
                      std::optional<MemoryFormat> memory_format) {
  return native::full_like(self, Scalar(0), dtype, layout, device, pin_memory, memory_format);
}

TensorBase ones_like(const TensorBase& self, std::optional<ScalarType> dtype, std::optional<Layout> layout,
                     std::optional<Device> device, std::optional<bool> pin_memory,
                     std::optional<MemoryFormat> memory_format) {
  return native::full_like(self, Scalar(1), dtype, layout, device, pin_memory, memory_format);
}

TensorBase scalar_tensor(const Scalar& value, std::optional<ScalarType> dtype, std::optional<Layout> layout,
                         std::optional<Device> device, std::optional<bool> pin_memory) {
  return native::full({}, value, dtype.value_or(default_dtype()), layout, device, pin_memory);
}

namespace {
// out[i] = start + i * step, computed in double or int64 as PyTorch does.
void fill_range(const TensorBase& out, const Scalar& start, const Scalar& step) {
  if (out.is_meta()) return;
  dispatch_real(out.scalar_type(), "arange_cpu", [&](auto tag) {
    using T = decltype(tag);
    using A = std::conditional_t<std::is_integral_v<T>, int64_t, double>;
    const A first = start.to<A>(), by = step.to<A>();
    T* to = static_cast<T*>(out.mutable_data_ptr());
    for (int64_t i = 0; i < out.numel(); ++i) to[i] = static_cast<T>(first + by * static_cast<A>(i));
  });
}

int64_t range_length(const Scalar& start, const Scalar& end, const Scalar& step, ScalarType dtype) {
  const double from = start.to_double(), to = end.to_double(), by = step.to_double();
  TORCH_CHECK(by != 0, "step must be nonzero");
  TORCH_CHECK(std::isfinite(from) && std::isfinite(to), "unsupported range: ", from, " -> ", to);
  TORCH_CHECK((by > 0 && to >= from) || (by < 0 && to <= from),
              "upper bound and lower bound inconsistent with step sign");
  double length = 0;
  if (dtype == kLong) {
    // Counted in whole numbers, whatever the arguments were.
    const int64_t a = start.to<int64_t>(), b = end.to<int64_t>(), s = step.to<int64_t>();
    TORCH_CHECK_VALUE(s != 0, "step must be nonzero");
    length = static_cast<double>((b - a + s - (s > 0 ? 1 : -1)) / s);
  } else {
    length = std::ceil((to - from) / by);
  }
  TORCH_CHECK(length >= 0 && length <= static_cast<double>(std::numeric_limits<int64_t>::max() / 8),
              "invalid size, possible overflow?");
  return static_cast<int64_t>(length);
}
}  // namespace

TensorBase arange(const Scalar& start, const Scalar& end, const Scalar& step, std::optional<ScalarType> dtype,
                  std::optional<Layout> layout, std::optional<Device> device, std::optional<bool> pin_memory) {
  check_options("arange", layout, device, pin_memory);
  const bool integral = start.is_integral(true) && end.is_integral(true) && step.is_integral(true);
  const ScalarType type = dtype.value_or(integral ? kLong : default_dtype());
  TORCH_CHECK_NOT_IMPLEMENTED(type != kBool && !is_complex_type(type), "\"arange_cpu\" not implemented for '",
                              to_string(type), "'");
  TensorBase out = empty_tensor({range_length(start, end, step, type)}, type, device.value_or(Device()));
  fill_range(out, start, step);
  return out;
}
TensorBase arange(const Scalar& end, std::optional<ScalarType> dtype, std::optional<Layout> layout,
                  std::optional<Device> device, std::optional<bool> pin_memory) {
  return native::arange(Scalar(0), end, Scalar(1), dtype, layout, device, pin_memory);
}
TensorBase arange(const Scalar& start, const Scalar& end, std::optional<ScalarType> dtype, std::optional<Layout> layout,
                  std::optional<Device> device, std::optional<bool> pin_memory) {
  return native::arange(start, end, Scalar(1), dtype, layout, device, pin_memory);
}

namespace {
// Half of the values step up from `first`, half down from `last`, so that both ends are exact. Roundings are those of
// PyTorch's kernel: one for floats, one per operation for the half types, integers step in double.
template <class T>
void fill_linspace(T* to, T first, T last, int64_t steps) {
  using Step = std::conditional_t<std::is_integral_v<T>, double, T>;
  Step step{};
  if (steps > 1) {
    step = static_cast<Step>(static_cast<Step>(last) - static_cast<Step>(first));
    step = static_cast<Step>(step / static_cast<Step>(static_cast<float>(steps - 1)));
  }
  for (int64_t i = 0; i < steps; ++i) {
    const bool low = i < steps / 2 || steps == 1;
    const auto count = static_cast<Step>(static_cast<float>(low ? i : steps - 1 - i));
    const auto base = static_cast<Step>(low ? first : last);
    if constexpr (std::is_floating_point_v<T>) {
      to[i] = std::fma(low ? step : -step, count, base);
    } else {
      const auto offset = static_cast<Step>(step * count);
      to[i] = static_cast<T>(low ? base + offset : base - offset);
    }
  }
}
}  // namespace

TensorBase linspace(const Scalar& start, const Scalar& end, int64_t steps, std::optional<ScalarType> dtype,
                    std::optional<Layout> layout, std::optional<Device> device, std::optional<bool> pin_memory) {
  check_options("linspace", layout, device, pin_memory);
  TORCH_CHECK(steps >= 0, "number of steps must be non-negative");
  TensorBase out = empty_tensor({steps}, dtype.value_or(default_dtype()), device.value_or(Device()));
  if (out.is_meta()) return out;
  dispatch_all_types(out.scalar_type(), "linspace_cpu", [&](auto tag) {
    using T = decltype(tag);
    fill_linspace(static_cast<T*>(out.mutable_data_ptr()), start.to<T>(), end.to<T>(), steps);
  });
  return out;
}

namespace {
// An `out` with as many elements keeps its shape.
TensorBase& write_range(const char* op, TensorBase& out, const TensorBase& range) {
  write_output(op, out, out.numel() == range.numel() ? ops::view(range, out.sizes()) : range);
  return out;
}
}  // namespace

TensorBase& arange_out(TensorBase& out, const Scalar& start, const Scalar& end, const Scalar& step) {
  const AutoDispatchBelowAutograd guard;
  return write_range("arange", out,
                     native::arange(start, end, step, out.scalar_type(), std::nullopt, out.device(), std::nullopt));
}
TensorBase& arange_out(TensorBase& out, const Scalar& end) { return arange_out(out, Scalar(0), end, Scalar(1)); }
TensorBase& linspace_out(TensorBase& out, const Scalar& start, const Scalar& end, int64_t steps) {
  const AutoDispatchBelowAutograd guard;
  return write_range("linspace", out,
                     native::linspace(start, end, steps, out.scalar_type(), std::nullopt, out.device(), std::nullopt));
}

TensorBase eye(int64_t n, int64_t m, std::optional<ScalarType> dtype, std::optional<Layout> layout,
               std::optional<Device> device, std::optional<bool> pin_memory) {
  TORCH_CHECK(n >= 0, "n must be greater or equal to 0, got ", n);
  TORCH_CHECK(m >= 0, "m must be greater or equal to 0, got ", m);
  TensorBase out = native::zeros({n, m}, dtype, layout, device, pin_memory);
  if (out.numel() == 0) return out;
  const int64_t length[] = {std::min(n, m)}, stride[] = {m + 1};
  TensorBase diagonal = alias_with(out, length, stride, 0);
  ops::fill_(diagonal, Scalar(1));
  return out;
}
TensorBase eye(int64_t n, std::optional<ScalarType> dtype, std::optional<Layout> layout, std::optional<Device> device,
               std::optional<bool> pin_memory) {
  return native::eye(n, n, dtype, layout, device, pin_memory);
}

TensorBase new_full(const TensorBase& self, IntArrayRef size, const Scalar& fill_value, std::optional<ScalarType> dtype,
                    std::optional<Layout> layout, std::optional<Device> device, std::optional<bool> pin_memory) {
  return native::full(size, fill_value, dtype.value_or(self.scalar_type()), layout, device.value_or(self.device()),
                      pin_memory);
}
TensorBase new_zeros(const TensorBase& self, IntArrayRef size, std::optional<ScalarType> dtype,
                     std::optional<Layout> layout, std::optional<Device> device, std::optional<bool> pin_memory) {
  return native::new_full(self, size, Scalar(0), dtype, layout, device, pin_memory);
}
TensorBase new_ones(const TensorBase& self, IntArrayRef size, std::optional<ScalarType> dtype,
                    std::optional<Layout> layout, std::optional<Device> device, std::optional<bool> pin_memory) {
  return native::new_full(self, size, Scalar(1), dtype, layout, device, pin_memory);
}
TensorBase new_empty(const TensorBase& self, IntArrayRef size, std::optional<ScalarType> dtype,
                     std::optional<Layout> layout, std::optional<Device> device, std::optional<bool> pin_memory) {
  return native::empty(size, dtype.value_or(self.scalar_type()), layout, device.value_or(self.device()), pin_memory,
                       std::nullopt);
}

}  // namespace tiny_torch::native
