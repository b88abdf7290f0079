// Padding and resizing on the CPU, plane by plane; every kind takes any strides.
#include "aten/native/resample.h"

#include <algorithm>
#include <cmath>

#include "aten/core/Dispatch.h"
#include "aten/cpu/planes.h"
#include "c10/parallel.h"

namespace tiny_torch::cpu {
namespace {

using native::AxisMaps;
using native::AxisTaps;
using native::Taps;

template <class F>
void for_planes(const TensorBase& t, int64_t work_per_plane, const F& f) {
  parallel_for(0, t.size(0) * t.size(1), std::max<int64_t>(1, kGrainSize / std::max<int64_t>(1, work_per_plane)), f);
}

size_t at(int64_t i) { return static_cast<size_t>(i); }

void map_gather_kernel(const TensorBase& out, const TensorBase& self, const AxisMaps& maps) {
  const Planes to(out), from(self);
  dispatch_itemsize(out.scalar_type(), "map_gather", [&](auto tag) {
    using T = decltype(tag);
    const T* in = static_cast<const T*>(self.const_data_ptr());
    T* result = static_cast<T*>(out.mutable_data_ptr());
    for_planes(out, to.numel(), [&](int64_t begin, int64_t end) {
      for (int64_t p = begin; p < end; ++p) {
        for (int64_t z = 0; z < to.size[0]; ++z) {
          for (int64_t y = 0; y < to.size[1]; ++y) {
            const T* source = in + from.plane(p) + from.row(maps[0][at(z)], maps[1][at(y)]);
            T* target = result + to.plane(p) + to.row(z, y);
            for (int64_t x = 0; x < to.size[2]; ++x) target[x * to.w] = source[maps[2][at(x)] * from.w];
          }
        }
      }
    });
  });
}

// A dense copy of plane `p`, in the compute type.
template <class T, class A>
void load_plane(std::vector<A>& plane, const T* data, const Planes& from, int64_t p) {
  plane.resize(at(from.numel()));
  size_t next = 0;
  for (int64_t z = 0; z < from.size[0]; ++z) {
    for (int64_t y = 0; y < from.size[1]; ++y) {
      const T* row = data + from.plane(p) + from.row(z, y);
      A* target = plane.data() + next;
      next += at(from.size[2]);
      if (from.w == 1) {
        std::transform(row, row + from.size[2], target, [](T v) { return static_cast<A>(v); });
      } else {
        for (int64_t x = 0; x < from.size[2]; ++x) target[x] = static_cast<A>(row[x * from.w]);
      }
    }
  }
}

template <class T, class A>
void store_plane(T* data, const std::vector<A>& plane, const Planes& to, int64_t p) {
  size_t next = 0;
  for (int64_t z = 0; z < to.size[0]; ++z) {
    for (int64_t y = 0; y < to.size[1]; ++y) {
      T* row = data + to.plane(p) + to.row(z, y);
      const A* source = plane.data() + next;
      next += at(to.size[2]);
      if (to.w == 1) {
        std::transform(source, source + to.size[2], row, [](A v) { return static_cast<T>(v); });
      } else {
        for (int64_t x = 0; x < to.size[2]; ++x) row[x * to.w] = static_cast<T>(source[x]);
      }
    }
  }
}

void map_scatter_kernel(const TensorBase& grad_input, const TensorBase& grad_output, const AxisMaps& maps) {
  const Planes to(grad_input), from(grad_output);
  dispatch_all_types(grad_output.scalar_type(), "map_scatter", [&](auto tag) {
    using T = decltype(tag);
    if constexpr (!std::is_same_v<T, bool>) {
      using A = opmath_t<T>;
      const T* grad = static_cast<const T*>(grad_output.const_data_ptr());
      T* result = static_cast<T*>(grad_input.mutable_data_ptr());
      for_planes(grad_input, from.numel(), [&](int64_t begin, int64_t end) {
        std::vector<A> plane;
        for (int64_t p = begin; p < end; ++p) {
          plane.assign(at(to.numel()), A(0));
          for (int64_t z = 0; z < from.size[0]; ++z) {
            for (int64_t y = 0; y < from.size[1]; ++y) {
              A* target = plane.data() + (maps[0][at(z)] * to.size[1] + maps[1][at(y)]) * to.size[2];
              const T* source = grad + from.plane(p) + from.row(z, y);
              for (int64_t x = 0; x < from.size[2]; ++x) target[maps[2][at(x)]] += static_cast<A>(source[x * from.w]);
            }
          }
          store_plane<T>(result, plane, to, p);
        }
      });
    }
  });
}

// A plane seen as (outer, places along one dim, inner).
struct Axis {
  int64_t outer, inner;
};

// out[o, r, i] = sum over taps t of weight(r, t) * in[o, place(r, t), i].
template <class A>
void apply_taps(std::vector<A>& out, const std::vector<A>& in, const AxisTaps& taps, const std::vector<A>& weights,
                Axis axis) {
  const int64_t rows = taps.out(), width = taps.width, inner = axis.inner;
  out.resize(at(axis.outer * rows * inner));
  for (int64_t o = 0; o < axis.outer; ++o) {
    const A* from = in.data() + o * taps.in * inner;
    A* target = out.data() + o * rows * inner;
    for (int64_t r = 0; r < rows; ++r, target += inner) {
      const A* weight = weights.data() + r * width;
      const int64_t* place = taps.places.data() + r * width;
      if (inner == 1) {
        A total = weight[0] * from[place[0]];
        for (int64_t t = 1; t < width; ++t) total += weight[t] * from[place[t]];
        *target = total;
        continue;
      }
      for (int64_t i = 0; i < inner; ++i) target[i] = weight[0] * from[place[0] * inner + i];
      for (int64_t t = 1; t < width; ++t) {
        const A* source = from + place[t] * inner;
        for (int64_t i = 0; i < inner; ++i) target[i] += weight[t] * source[i];
      }
    }
  }
}

template <class A>
void apply_taps_transposed(std::vector<A>& out, const std::vector<A>& in, const AxisTaps& taps,
                           const std::vector<A>& weights, Axis axis) {
  const int64_t rows = taps.out();
  out.assign(at(axis.outer * taps.in * axis.inner), A(0));
  for (int64_t o = 0; o < axis.outer; ++o) {
    for (int64_t r = 0; r < rows; ++r) {
      const A* source = in.data() + (o * rows + r) * axis.inner;
      for (int64_t t = r * taps.width; t < (r + 1) * taps.width; ++t) {
        const A weight = weights[at(t)];
        A* target = out.data() + (o * taps.in + taps.places[at(t)]) * axis.inner;
        for (int64_t i = 0; i < axis.inner; ++i) target[i] += weight * source[i];
      }
    }
  }
}

// Bytes are resized in fixed point and rounded after each dim: 16-bit weights with as many places as their largest allows.
template <class A>
int fixed_point_weights(std::vector<A>& weights) {
  const A largest = *std::max_element(weights.begin(), weights.end());
  int places = 0;
  while (places < 22 && std::floor(A(0.5) + std::ldexp(largest, places + 1)) < A(1 << 15)) ++places;
  for (A& weight : weights) weight = std::round(std::ldexp(weight, places));
  return places;
}
template <class A>
void round_to_bytes(std::vector<A>& plane, int places) {
  for (A& value : plane)
    value = std::clamp(std::floor(std::ldexp(value + std::ldexp(A(1), places - 1), -places)), A(0), A(255));
}

bool changes_nothing(const AxisTaps& taps) { return taps.in == 1 && taps.out() == 1 && taps.width == 1; }

// Both directions: the last dim first going forward, the first one first going back.
template <class T>
void resample(const TensorBase& out, const TensorBase& self, const Taps& taps, bool transposed) {
  constexpr bool bytes = std::is_same_v<T, uint8_t>;
  using A = std::conditional_t<bytes, double, opmath_t<T>>;
  const Planes to(out), from(self);
  const T* in = static_cast<const T*>(self.const_data_ptr());
  T* result = static_cast<T*>(out.mutable_data_ptr());
  std::array<std::vector<A>, 3> weights;
  std::array<int, 3> places{};
  for (size_t d = 0; d < 3; ++d) {
    weights[d].assign(taps[d].weights.begin(), taps[d].weights.end());
    if (bytes) places[d] = fixed_point_weights(weights[d]);
  }
  for_planes(out, (to.numel() + from.numel()) * 4, [&](int64_t begin, int64_t end) {
    std::vector<A> plane, next;
    for (int64_t p = begin; p < end; ++p) {
      load_plane<T>(plane, in, from, p);
      std::array<int64_t, 3> size = from.size;
      for (size_t step = 0; step < 3; ++step) {
        const size_t d = transposed ? step : 2 - step;
        if (changes_nothing(taps[d])) continue;
        Axis axis{1, 1};
        for (size_t e = 0; e < d; ++e) axis.outer *= size[e];
        for (size_t e = d + 1; e < 3; ++e) axis.inner *= size[e];
        (transposed ? apply_taps_transposed<A> : apply_taps<A>)(next, plane, taps[d], weights[d], axis);
        std::swap(plane, next);
        if (bytes) round_to_bytes(plane, places[d]);
        size[d] = to.size[d];
      }
      store_plane<T>(result, plane, to, p);
    }
  });
}

void tap_kernel(const TensorBase& out, const TensorBase& self, const Taps& taps) {
  if (self.scalar_type() == kByte) return resample<uint8_t>(out, self, taps, false);
  dispatch_floating(self.scalar_type(), "upsample", [&](auto tag) { resample<decltype(tag)>(out, self, taps, false); });
}
void tap_transposed_kernel(const TensorBase& grad_input, const TensorBase& grad_output, const Taps& taps) {
  dispatch_floating(grad_output.scalar_type(), "upsample_backward",
                    [&](auto tag) { resample<decltype(tag)>(grad_input, grad_output, taps, true); });
}

using namespace native;  // NOLINT: the stubs below
REGISTER_STUB(map_gather_stub, DeviceType::CPU, &map_gather_kernel);
REGISTER_STUB(map_scatter_stub, DeviceType::CPU, &map_scatter_kernel);
REGISTER_STUB(tap_stub, DeviceType::CPU, &tap_kernel);
REGISTER_STUB(tap_transposed_stub, DeviceType::CPU, &tap_transposed_kernel);

}  // namespace
}  // namespace tiny_torch::cpu
