// nextafter in each floating dtype's own steps.
#include <cmath>
#include <cstring>

#include "aten/core/Dispatch.h"
#include "aten/native/special_stub.h"
#include "c10/parallel.h"

namespace tiny_torch::cpu {
namespace {

template <class T>
T next_after(T from, T to) {
  if constexpr (std::is_floating_point_v<T>) {
    return std::nextafter(from, to);
  } else {
    const float a = static_cast<float>(from), b = static_cast<float>(to);
    if (a != a || b != b) return a != a ? from : to;
    if (a == b) return to;
    // Neighbours in size are neighbours as integers.
    uint16_t bits;
    std::memcpy(&bits, &from, sizeof(bits));
    if (a == 0)
      bits = b < 0 ? 0x8001 : 0x0001;
    else
      bits = static_cast<uint16_t>(bits + ((a < b) == (a > 0) ? 1 : -1));
    T result;
    std::memcpy(static_cast<void*>(&result), &bits, sizeof(bits));
    return result;
  }
}

void nextafter_kernel(TensorBase& out, const TensorBase& self, const TensorBase& other) {
  dispatch_floating(out.scalar_type(), "nextafter_cpu", [&](auto tag) {
    using T = decltype(tag);
    const T* a = static_cast<const T*>(self.const_data_ptr());
    const T* b = static_cast<const T*>(other.const_data_ptr());
    T* to = static_cast<T*>(out.mutable_data_ptr());
    parallel_for(0, out.numel(), kGrainSize, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) to[i] = next_after(a[i], b[i]);
    });
  });
}

using native::nextafter_stub;
REGISTER_STUB(nextafter_stub, DeviceType::CPU, &nextafter_kernel);

}  // namespace
}  // namespace tiny_torch::cpu
