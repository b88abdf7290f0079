// Maxima over listed windows on the CPU.
#include "aten/native/max_windows.h"

#include <limits>

#include "aten/core/Dispatch.h"
#include "aten/cpu/planes.h"
#include "c10/parallel.h"

namespace tiny_torch::cpu {
namespace {

using native::WindowTable;

struct Span {
  int64_t begin, end;
};

template <class T>
void max_of_window(T& out, int64_t& index, const T* in, const Planes& from, Span z, Span y, Span x) {
  using A = opmath_t<T>;
  int64_t best = (z.begin * from.size[1] + y.begin) * from.size[2] + x.begin;
  A largest = -std::numeric_limits<A>::infinity();
  for (int64_t i = z.begin; i < z.end; ++i) {
    for (int64_t j = y.begin; j < y.end; ++j) {
      for (int64_t k = x.begin; k < x.end; ++k) {
        const A value = static_cast<A>(in[from.at(i, j, k)]);
        if (value > largest || value != value) {
          largest = value;
          best = (i * from.size[1] + j) * from.size[2] + k;
        }
      }
    }
  }
  out = static_cast<T>(largest);
  index = best;
}

void max_windows_kernel(const TensorBase& out, const TensorBase& indices, const TensorBase& self,
                        const WindowTable& windows) {
  const Planes to(out), at(indices), from(self);
  const int64_t planes = self.size(0) * self.size(1), work = self.size(2) * self.size(3) * self.size(4);
  dispatch_floating(self.scalar_type(), "max_windows", [&](auto tag) {
    using T = decltype(tag);
    const T* in = static_cast<const T*>(self.const_data_ptr());
    T* result = static_cast<T*>(out.mutable_data_ptr());
    auto* places = static_cast<int64_t*>(indices.mutable_data_ptr());
    parallel_for(0, planes, std::max<int64_t>(1, kGrainSize / std::max<int64_t>(1, work)),
                 [&](int64_t begin, int64_t end) {
                   for (int64_t p = begin; p < end; ++p) {
                     const auto span = [&](size_t d, int64_t o) {
                       const auto i = static_cast<size_t>((windows.per_plane ? p * to.size[d] : 0) + o);
                       return Span{windows.begin[d][i], windows.end[d][i]};
                     };
                     for (int64_t z = 0; z < to.size[0]; ++z) {
                       for (int64_t y = 0; y < to.size[1]; ++y) {
                         for (int64_t x = 0; x < to.size[2]; ++x) {
                           max_of_window<T>(result[to.plane(p) + to.at(z, y, x)], places[at.plane(p) + at.at(z, y, x)],
                                            in + from.plane(p), from, span(0, z), span(1, y), span(2, x));
                         }
                       }
                     }
                   }
                 });
  });
}

void read_samples_kernel(const TensorBase& samples, std::vector<double>& values) {
  dispatch_floating(samples.scalar_type(), "fractional_max_pool", [&](auto tag) {
    using T = decltype(tag);
    const T* data = static_cast<const T*>(samples.const_data_ptr());
    for (int64_t n = 0; n < samples.size(0); ++n) {
      for (int64_t c = 0; c < samples.size(1); ++c) {
        for (int64_t d = 0; d < samples.size(2); ++d) {
          values.push_back(
              static_cast<double>(data[n * samples.stride(0) + c * samples.stride(1) + d * samples.stride(2)]));
        }
      }
    }
  });
}

using namespace native;  // NOLINT: the stubs below
REGISTER_STUB(max_windows_stub, DeviceType::CPU, &max_windows_kernel);
REGISTER_STUB(read_samples_stub, DeviceType::CPU, &read_samples_kernel);

}  // namespace
}  // namespace tiny_torch::cpu
