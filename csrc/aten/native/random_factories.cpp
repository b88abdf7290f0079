// rand, randn, randint, randperm, normal(size) and their *_like forms: a new tensor and one of the in-place samplers.
#include <limits>

#include "aten/native/random.h"
#include "generated/kernels/creation.h"
#include "generated/kernels/random.h"
#include "generated/ops/creation.h"

namespace tiny_torch::native {
namespace {

using OptionalDtype = std::optional<ScalarType>;

TensorBase new_tensor(IntArrayRef size, ScalarType dtype, std::optional<Layout> layout, std::optional<Device> device,
                      std::optional<bool> pin_memory) {
  return empty(size, dtype, layout, device, pin_memory, std::nullopt);
}

void resize_for_samples(TensorBase& out, IntArrayRef size) {
  if (out.sizes() != size) resize_contiguous(out, size);
}

}  // namespace

TensorBase rand(IntArrayRef size, std::optional<Generator> generator, OptionalDtype dtype, std::optional<Layout> layout,
                std::optional<Device> device, std::optional<bool> pin_memory) {
  TensorBase result = new_tensor(size, dtype.value_or(default_dtype()), layout, device, pin_memory);
  return uniform_(result, 0, 1, std::move(generator));
}

TensorBase rand(IntArrayRef size, OptionalDtype dtype, std::optional<Layout> layout, std::optional<Device> device,
                std::optional<bool> pin_memory) {
  return rand(size, std::optional<Generator>(), dtype, layout, device, pin_memory);
}

TensorBase& rand_out(TensorBase& out, IntArrayRef size, std::optional<Generator> generator) {
  resize_for_samples(out, size);
  return uniform_(out, 0, 1, std::move(generator));
}

TensorBase& rand_out(TensorBase& out, IntArrayRef size) { return rand_out(out, size, std::nullopt); }

TensorBase rand_like(const TensorBase& self, std::optional<Generator> generator, OptionalDtype dtype,
                     std::optional<Layout> layout, std::optional<Device> device, std::optional<bool> pin_memory,
                     std::optional<MemoryFormat> memory_format) {
  TensorBase result = ops::empty_like(self, dtype, layout, device, pin_memory, memory_format);
  return uniform_(result, 0, 1, std::move(generator));
}

TensorBase rand_like(const TensorBase& self, OptionalDtype dtype, std::optional<Layout> layout,
                     std::optional<Device> device, std::optional<bool> pin_memory,
                     std::optional<MemoryFormat> memory_format) {
  return rand_like(self, std::optional<Generator>(), dtype, layout, device, pin_memory, memory_format);
}

TensorBase randn(IntArrayRef size, std::optional<Generator> generator, OptionalDtype dtype,
                 std::optional<Layout> layout, std::optional<Device> device, std::optional<bool> pin_memory) {
  TensorBase result = new_tensor(size, dtype.value_or(default_dtype()), layout, device, pin_memory);
  return normal_(result, 0, 1, std::move(generator));
}

TensorBase randn(IntArrayRef size, OptionalDtype dtype, std::optional<Layout> layout, std::optional<Device> device,
                 std::optional<bool> pin_memory) {
  return randn(size, std::optional<Generator>(), dtype, layout, device, pin_memory);
}

TensorBase& randn_out(TensorBase& out, IntArrayRef size, std::optional<Generator> generator) {
  resize_for_samples(out, size);
  return normal_(out, 0, 1, std::move(generator));
}

TensorBase& randn_out(TensorBase& out, IntArrayRef size) { return randn_out(out, size, std::nullopt); }

TensorBase randn_like(const TensorBase& self, std::optional<Generator> generator, OptionalDtype dtype,
                      std::optional<Layout> layout, std::optional<Device> device, std::optional<bool> pin_memory,
                      std::optional<MemoryFormat> memory_format) {
  TensorBase result = ops::empty_like(self, dtype, layout, device, pin_memory, memory_format);
  return normal_(result, 0, 1, std::move(generator));
}

TensorBase randn_like(const TensorBase& self, OptionalDtype dtype, std::optional<Layout> layout,
                      std::optional<Device> device, std::optional<bool> pin_memory,
                      std::optional<MemoryFormat> memory_format) {
  return randn_like(self, std::optional<Generator>(), dtype, layout, device, pin_memory, memory_format);
}

TensorBase normal(double mean, double std, IntArrayRef size, std::optional<Generator> generator, OptionalDtype dtype,
                  std::optional<Layout> layout, std::optional<Device> device, std::optional<bool> pin_memory) {
  TensorBase result = new_tensor(size, dtype.value_or(default_dtype()), layout, device, pin_memory);
  return normal_(result, mean, std, std::move(generator));
}

TensorBase& normal_out(TensorBase& out, double mean, double std, IntArrayRef size, std::optional<Generator> generator) {
  resize_for_samples(out, size);
  return normal_(out, mean, std, std::move(generator));
}

TensorBase randint(int64_t low, int64_t high, IntArrayRef size, std::optional<Generator> generator, OptionalDtype dtype,
                   std::optional<Layout> layout, std::optional<Device> device, std::optional<bool> pin_memory) {
  TensorBase result = new_tensor(size, dtype.value_or(kLong), layout, device, pin_memory);
  return random_(result, low, std::optional<int64_t>(high), std::move(generator));
}

TensorBase randint(int64_t low, int64_t high, IntArrayRef size, OptionalDtype dtype, std::optional<Layout> layout,
                   std::optional<Device> device, std::optional<bool> pin_memory) {
  return randint(low, high, size, std::optional<Generator>(), dtype, layout, device, pin_memory);
}

TensorBase randint(int64_t high, IntArrayRef size, std::optional<Generator> generator, OptionalDtype dtype,
                   std::optional<Layout> layout, std::optional<Device> device, std::optional<bool> pin_memory) {
  return randint(0, high, size, std::move(generator), dtype, layout, device, pin_memory);
}

TensorBase randint(int64_t high, IntArrayRef size, OptionalDtype dtype, std::optional<Layout> layout,
                   std::optional<Device> device, std::optional<bool> pin_memory) {
  return randint(0, high, size, std::optional<Generator>(), dtype, layout, device, pin_memory);
}

TensorBase& randint_out(TensorBase& out, int64_t low, int64_t high, IntArrayRef size,
                        std::optional<Generator> generator) {
  resize_for_samples(out, size);
  return random_(out, low, std::optional<int64_t>(high), std::move(generator));
}

TensorBase& randint_out(TensorBase& out, int64_t low, int64_t high, IntArrayRef size) {
  return randint_out(out, low, high, size, std::nullopt);
}

TensorBase& randint_out(TensorBase& out, int64_t high, IntArrayRef size, std::optional<Generator> generator) {
  return randint_out(out, 0, high, size, std::move(generator));
}

TensorBase& randint_out(TensorBase& out, int64_t high, IntArrayRef size) { return randint_out(out, 0, high, size); }

TensorBase randint_like(const TensorBase& self, int64_t low, int64_t high, std::optional<Generator> generator,
                        OptionalDtype dtype, std::optional<Layout> layout, std::optional<Device> device,
                        std::optional<bool> pin_memory, std::optional<MemoryFormat> memory_format) {
  TensorBase result = ops::empty_like(self, dtype, layout, device, pin_memory, memory_format);
  if (result.is_meta()) return result;
  return random_(result, low, std::optional<int64_t>(high), std::move(generator));
}

TensorBase randint_like(const TensorBase& self, int64_t low, int64_t high, OptionalDtype dtype,
                        std::optional<Layout> layout, std::optional<Device> device, std::optional<bool> pin_memory,
                        std::optional<MemoryFormat> memory_format) {
  return randint_like(self, low, high, std::optional<Generator>(), dtype, layout, device, pin_memory, memory_format);
}

TensorBase randint_like(const TensorBase& self, int64_t high, std::optional<Generator> generator, OptionalDtype dtype,
                        std::optional<Layout> layout, std::optional<Device> device, std::optional<bool> pin_memory,
                        std::optional<MemoryFormat> memory_format) {
  return randint_like(self, 0, high, std::move(generator), dtype, layout, device, pin_memory, memory_format);
}

TensorBase randint_like(const TensorBase& self, int64_t high, OptionalDtype dtype, std::optional<Layout> layout,
                        std::optional<Device> device, std::optional<bool> pin_memory,
                        std::optional<MemoryFormat> memory_format) {
  return randint_like(self, 0, high, std::optional<Generator>(), dtype, layout, device, pin_memory, memory_format);
}

TensorBase randint_like(const TensorBase& self, const TensorBase& high, OptionalDtype dtype,
                        std::optional<Layout> layout, std::optional<Device> device, std::optional<bool> pin_memory,
                        std::optional<MemoryFormat> memory_format) {
  TORCH_CHECK(high.dim() == 0 && high.is_cpu(), "high must be a scalar tensor and on CPU");
  return randint_like(self, read_scalar(high).to<int64_t>(), dtype, layout, device, pin_memory, memory_format);
}

namespace {

void check_permutation_fits(int64_t n, ScalarType dtype) {
  TORCH_CHECK(n >= 0, "n must be non-negative, got ", n);
  switch (dtype) {
    case kByte:
      TORCH_CHECK(n - 1 <= std::numeric_limits<uint8_t>::max(),
                  "value cannot be converted to type uint8_t without overflow");
      break;
    case kChar:
      TORCH_CHECK(n - 1 <= std::numeric_limits<int8_t>::max(),
                  "value cannot be converted to type int8_t without overflow");
      break;
    case kShort:
      TORCH_CHECK(n - 1 <= std::numeric_limits<int16_t>::max(),
                  "value cannot be converted to type int16_t without overflow");
      break;
    case kInt:
      TORCH_CHECK(n - 1 <= std::numeric_limits<int32_t>::max(),
                  "value cannot be converted to type int32_t without overflow");
      break;
    case kHalf:
      TORCH_CHECK(n <= (int64_t{1} << 11) + 1, "n cannot be greater than 2049 for Half type.");
      break;
    case kFloat:
      TORCH_CHECK(n <= (int64_t{1} << 24) + 1, "n cannot be greater than 2^24+1 for Float type.");
      break;
    case kDouble:
      TORCH_CHECK(n <= (int64_t{1} << 53) + 1, "n cannot be greater than 2^53+1 for Double type.");
      break;
    case kLong:
    case kBFloat16:
      break;
    default:
      TORCH_CHECK_NOT_IMPLEMENTED(false, "\"randperm\" not implemented for '", dtype, "'");
  }
}

}  // namespace

TensorBase& randperm_out(TensorBase& out, int64_t n, std::optional<Generator> generator) {
  check_permutation_fits(n, out.scalar_type());
  resize_for_samples(out, {n});
  if (n > 0) randperm_stub(out.device().type(), out, n, generator);
  return out;
}

TensorBase& randperm_out(TensorBase& out, int64_t n) { return randperm_out(out, n, std::nullopt); }

TensorBase randperm(int64_t n, std::optional<Generator> generator, OptionalDtype dtype, std::optional<Layout> layout,
                    std::optional<Device> device, std::optional<bool> pin_memory) {
  TensorBase result = new_tensor({n}, dtype.value_or(kLong), layout, device, pin_memory);
  return randperm_out(result, n, std::move(generator));
}

TensorBase randperm(int64_t n, OptionalDtype dtype, std::optional<Layout> layout, std::optional<Device> device,
                    std::optional<bool> pin_memory) {
  return randperm(n, std::optional<Generator>(), dtype, layout, device, pin_memory);
}

}  // namespace tiny_torch::native
