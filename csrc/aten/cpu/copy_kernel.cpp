// Copies between any strides and dtypes, and fills.
#include <algorithm>
#include <cstring>

#include "aten/core/Dispatch.h"
#include "aten/cpu/loop_plan.h"
#include "aten/cpu/simd/convert.h"
#include "aten/native/copy_stub.h"
#include "c10/parallel.h"

namespace tiny_torch::cpu {
namespace {

constexpr int64_t kCopyGrain = 65536;

void copy_kernel(const TensorBase& out, const TensorBase& src) {
  const int64_t n = out.numel();
  const bool plain = out.scalar_type() == src.scalar_type() && out.sizes() == src.sizes() &&
                     ((out.is_contiguous() && src.is_contiguous()) || (out.strides() == src.strides() && out.is_non_overlapping_and_dense()));
  if (plain) {
    const auto itemsize = static_cast<int64_t>(out.itemsize());
    auto* to = static_cast<char*>(out.mutable_data_ptr());
    const auto* from = static_cast<const char*>(src.const_data_ptr());
    parallel_for(0, n, kCopyGrain, [&](int64_t begin, int64_t end) {
      std::memcpy(to + begin * itemsize, from + begin * itemsize, static_cast<size_t>((end - begin) * itemsize));
    });
    return;
  }
  const TensorBase* operands[] = {&out, &src};
  const LoopPlan plan(operands, 2);
  const ScalarType to = out.scalar_type(), from = src.scalar_type();
  parallel_for(0, n, kCopyGrain, [&](int64_t begin, int64_t end) {
    plan.for_rows(begin, end, [&](char* const* p, int64_t count) {
      simd::convert_block(from, p[1], plan.stride(1, 0), to, p[0], plan.stride(0, 0), count);
    });
  });
}

void fill_kernel(const TensorBase& out, const Scalar& value) {
  dispatch_all_types(out.scalar_type(), "fill_cpu", [&](auto tag) {
    using T = decltype(tag);
    const T v = value.to<T>();
    T* data = static_cast<T*>(out.mutable_data_ptr());
    if (out.is_non_overlapping_and_dense()) {
      parallel_for(0, out.numel(), kCopyGrain, [&](int64_t begin, int64_t end) { std::fill(data + begin, data + end, v); });
      return;
    }
    const TensorBase* operands[] = {&out};
    const LoopPlan plan(operands, 1);
    parallel_for(0, out.numel(), kCopyGrain, [&](int64_t begin, int64_t end) {
      plan.for_rows(begin, end, [&](char* const* p, int64_t count) {
        const int64_t stride = plan.stride(0, 0);
        for (int64_t i = 0; i < count; ++i) *reinterpret_cast<T*>(p[0] + i * stride) = v;
      });
    });
  });
}

void conj_kernel(const TensorBase& self) {
  dispatch_all_types(self.scalar_type(), "conj_physical_cpu", [&](auto tag) {
    using T = decltype(tag);
    if constexpr (is_complex_v<T>) {
      T* data = static_cast<T*>(self.mutable_data_ptr());
      parallel_for(0, self.numel(), kCopyGrain, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) data[i].imag_ = -data[i].imag_;
      });
    }
  });
}

}  // namespace

namespace {
using native::conj_stub;
using native::copy_stub;
using native::fill_stub;
REGISTER_STUB(copy_stub, DeviceType::CPU, &copy_kernel);
REGISTER_STUB(fill_stub, DeviceType::CPU, &fill_kernel);
REGISTER_STUB(conj_stub, DeviceType::CPU, &conj_kernel);
}  // namespace
}  // namespace tiny_torch::cpu
