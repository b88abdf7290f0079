// Optimizer steps over all parameters at once: every array is read and written once.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "aten/cpu/fused_kernel.cpp"
#include "aten/cpu/simd/foreach_target.h"

#include "aten/cpu/fused_rows.h"
#include "aten/cpu/simd/vec-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tiny_torch::simd {
namespace HWY_NAMESPACE {

// Loads and stores at one place of all arrays, whole vectors or the rest of a row.
template <class T>
struct Whole {
  int64_t at;
  HWY_INLINE Vec<T> load(const T* p) const { return Vec<T>::load(p + at); }
  HWY_INLINE void store(Vec<T> v, T* p) const { v.store(p + at); }
};
template <class T>
struct Rest {
  int64_t at, n;
  HWY_INLINE Vec<T> load(const T* p) const { return Vec<T>::load(p + at, n); }
  HWY_INLINE void store(Vec<T> v, T* p) const { v.store(p + at, n); }
};
template <class T, class F>
HWY_INLINE void for_each_vector(int64_t n, const F& f) {
  int64_t i = 0;
  for (; i + Vec<T>::lanes() <= n; i += Vec<T>::lanes()) f(Whole<T>{i});
  if (i < n) f(Rest<T>{i, n - i});
}

// The gradient as the step sees it; unscaled ones go back to memory.
template <class T, class Place, class Numbers>
HWY_INLINE Vec<T> load_grad(const Place& place, T* grad, const Numbers& a) {
  Vec<T> g = place.load(grad);
  if (a.unscale) {
    g = g * a.inverse_scale;
    place.store(g, grad);
  }
  return a.maximize ? -g : g;
}

template <class T>
void adam_row(T* param, T* grad, T* mean, T* square, T* greatest, int64_t n, const AdamNumbers<T>& a) {
  using V = Vec<T>;
  for_each_vector<T>(n, [&](const auto& place) {
    V p = place.load(param) * a.shrink;
    V g = load_grad(place, grad, a);
    if (a.weight_decay != 0) g = fma(p, V(a.weight_decay), g);  // an infinite parameter times 0 would be nan
    V m = place.load(mean);
    m = fma(g - m, V(a.beta1_rest), m);
    V v = fma(g * g, V(a.beta2_rest), place.load(square) * a.beta2);
    place.store(m, mean);
    place.store(v, square);
    if (greatest != nullptr) {
      v = max(place.load(greatest), v);
      place.store(v, greatest);
    }
    p = p - m * a.step_size / fma(sqrt(v), V(a.inverse_root_correction), V(a.eps));
    place.store(p, param);
  });
}

template <class T>
void sgd_row(T* param, T* grad, T* buffer, int64_t n, const SgdNumbers<T>& a) {
  using V = Vec<T>;
  for_each_vector<T>(n, [&](const auto& place) {
    const V p = place.load(param);
    V g = load_grad(place, grad, a);
    if (a.weight_decay != 0) g = fma(p, V(a.weight_decay), g);
    if (buffer != nullptr) {
      const V b = a.first_step ? g : fma(place.load(buffer), V(a.momentum), g * a.undamped);
      place.store(b, buffer);
      g = a.nesterov ? fma(b, V(a.momentum), g) : b;
    }
    place.store(fnma(g, V(a.lr), p), param);
  });
}

FusedFns<float> fused_f32() { return {&adam_row<float>, &sgd_row<float>}; }
FusedFns<double> fused_f64() { return {&adam_row<double>, &sgd_row<double>}; }

}  // namespace HWY_NAMESPACE
}  // namespace tiny_torch::simd
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <algorithm>
#include <array>
#include <cmath>
#include <type_traits>
#include <vector>

#include "aten/core/Dispatch.h"
#include "aten/cpu/simd/convert.h"
#include "aten/native/fused_stub.h"
#include "c10/parallel.h"

namespace tiny_torch::simd {
namespace {
SIMD_FUNCTION_TABLE(fused_fns, FusedFns, fused_f32, fused_f64)
}  // namespace
}  // namespace tiny_torch::simd

namespace tiny_torch::cpu {
namespace {

using native::AdamOptions;
using native::FusedLists;
using native::SgdOptions;

constexpr int64_t kPiece = 16384;
constexpr int64_t kBlock = 1024;
constexpr size_t kArrays = 5;

// The arrays of one parameter; null where a list is empty.
struct Arrays {
  std::array<char*, kArrays> data{};
  ScalarType dtype = kFloat;
  int64_t n = 0;
};
struct Piece {
  size_t param;
  int64_t begin, end;
};

std::vector<Arrays> arrays_of(const FusedLists& lists) {
  std::vector<Arrays> all(lists.params.size());
  const TensorList in_order[kArrays] = {lists.params, lists.grads, lists.first, lists.second, lists.greatest};
  for (size_t i = 0; i < all.size(); ++i) {
    all[i].dtype = lists.params[i].scalar_type();
    all[i].n = lists.params[i].numel();
    for (size_t k = 0; k < kArrays; ++k) {
      if (!in_order[k].empty()) all[i].data[k] = static_cast<char*>(in_order[k][i].mutable_data_ptr());
    }
  }
  return all;
}

// f(param, arrays of the compute type T, elements), the half types widened block by block and narrowed again.
template <class T, class F>
void run_piece(const Arrays& arrays, const Piece& piece, const F& f) {
  const int64_t itemsize = element_size(arrays.dtype);
  std::array<T*, kArrays> at{};
  if (arrays.dtype == scalar_type_of<T>) {
    for (size_t k = 0; k < kArrays; ++k)
      at[k] = arrays.data[k] ? reinterpret_cast<T*>(arrays.data[k] + piece.begin * itemsize) : nullptr;
    return f(piece.param, at, piece.end - piece.begin);
  }
  alignas(64) T wide[kArrays][kBlock];
  for (int64_t i = piece.begin; i < piece.end; i += kBlock) {
    const int64_t n = std::min(kBlock, piece.end - i);
    for (size_t k = 0; k < kArrays; ++k) {
      at[k] = arrays.data[k] ? wide[k] : nullptr;
      if (at[k]) simd::load_block(arrays.dtype, arrays.data[k] + i * itemsize, itemsize, scalar_type_of<T>, at[k], n);
    }
    f(piece.param, at, n);
    for (size_t k = 0; k < kArrays; ++k) {
      if (at[k]) simd::store_block(scalar_type_of<T>, at[k], arrays.dtype, arrays.data[k] + i * itemsize, itemsize, n);
    }
  }
}

// Pieces of all parameters spread over the threads, computed in float, doubles in double.
template <class F>
void for_each_piece(const FusedLists& lists, const F& f) {
  const std::vector<Arrays> arrays = arrays_of(lists);
  std::vector<Piece> pieces;
  int64_t total = 0;
  for (size_t i = 0; i < arrays.size(); ++i) {
    total += arrays[i].n;
    for (int64_t at = 0; at < arrays[i].n; at += kPiece) pieces.push_back({i, at, std::min(at + kPiece, arrays[i].n)});
  }
  const auto count = static_cast<int64_t>(pieces.size());
  parallel_for(0, count, total <= 2 * kPiece ? count : 1, [&](int64_t begin, int64_t end) {
    for (int64_t k = begin; k < end; ++k) {
      const Piece& piece = pieces[static_cast<size_t>(k)];
      if (arrays[piece.param].dtype == kDouble)
        run_piece<double>(arrays[piece.param], piece, f);
      else
        run_piece<float>(arrays[piece.param], piece, f);
    }
  });
}

template <class T>
simd::AdamNumbers<T> adam_numbers(const AdamOptions& o, double step) {
  simd::AdamNumbers<T> a{};
  a.inverse_scale = static_cast<T>(o.inverse_scale);
  a.shrink = static_cast<T>(o.decoupled ? 1 - o.lr * o.weight_decay : 1.0);
  a.weight_decay = static_cast<T>(o.decoupled ? 0.0 : o.weight_decay);
  a.beta1_rest = static_cast<T>(1 - o.beta1);
  a.beta2 = static_cast<T>(o.beta2);
  a.beta2_rest = static_cast<T>(1 - o.beta2);
  a.inverse_root_correction = static_cast<T>(1 / std::sqrt(1 - std::pow(o.beta2, step)));
  a.eps = static_cast<T>(o.eps);
  a.step_size = static_cast<T>(o.lr / (1 - std::pow(o.beta1, step)));
  a.maximize = o.maximize;
  a.unscale = o.unscale;
  return a;
}

void fused_adam_kernel(const FusedLists& lists, const AdamOptions& options) {
  for_each_piece(lists, [&](size_t param, const auto& at, int64_t n) {
    using T = std::remove_pointer_t<typename std::decay_t<decltype(at)>::value_type>;
    simd::fused_fns<T>().adam(at[0], at[1], at[2], at[3], at[4], n, adam_numbers<T>(options, options.steps[param]));
  });
}

void fused_sgd_kernel(const FusedLists& lists, const SgdOptions& o) {
  for_each_piece(lists, [&](size_t, const auto& at, int64_t n) {
    using T = std::remove_pointer_t<typename std::decay_t<decltype(at)>::value_type>;
    const simd::SgdNumbers<T> numbers{static_cast<T>(o.inverse_scale),
                                      static_cast<T>(o.weight_decay),
                                      static_cast<T>(o.momentum),
                                      static_cast<T>(1 - o.dampening),
                                      static_cast<T>(o.lr),
                                      o.maximize,
                                      o.unscale,
                                      o.nesterov,
                                      o.is_first_step};
    simd::fused_fns<T>().sgd(at[0], at[1], at[2], n, numbers);
  });
}

}  // namespace

namespace {
using native::fused_adam_stub;
using native::fused_sgd_stub;
REGISTER_STUB(fused_adam_stub, DeviceType::CPU, &fused_adam_kernel);
REGISTER_STUB(fused_sgd_stub, DeviceType::CPU, &fused_sgd_kernel);
}  // namespace
}  // namespace tiny_torch::cpu
#endif
