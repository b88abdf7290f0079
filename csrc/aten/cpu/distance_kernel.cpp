// Distances between rows on the CPU. Each norm is a struct with its sum, its end, and its derivative.
#include "aten/native/distance.h"

#include <algorithm>
#include <cmath>

#include "aten/core/Dispatch.h"
#include "c10/parallel.h"

namespace tiny_torch::cpu {
namespace {

// `add` takes |difference| into the sum; `slope` is the derivative by one difference, given the whole distance.
template <class T>
struct ZeroNorm {
  T add(T sum, T d) const { return sum + (d != T(0)); }
  T finish(T sum) const { return sum; }
  T slope(T, T) const { return T(0); }
};
template <class T>
struct OneNorm {
  T add(T sum, T d) const { return sum + d; }
  T finish(T sum) const { return sum; }
  T slope(T d, T) const { return static_cast<T>((d > T(0)) - (d < T(0))); }
};
template <class T>
struct TwoNorm {
  T add(T sum, T d) const { return sum + d * d; }
  T finish(T sum) const { return std::sqrt(sum); }
  T slope(T d, T distance) const { return distance == T(0) ? T(0) : d / distance; }
};
template <class T>
struct MaxNorm {
  T add(T sum, T d) const { return d != d ? d : std::max(sum, d); }
  T finish(T sum) const { return sum; }
  T slope(T d, T distance) const {
    return static_cast<T>((d > T(0)) - (d < T(0))) * static_cast<T>(std::abs(d) == distance);
  }
};
template <class T>
struct PowerNorm {
  T p;
  T add(T sum, T d) const { return sum + std::pow(d, p); }
  T finish(T sum) const { return std::pow(sum, T(1) / p); }
  T slope(T d, T distance) const {
    if (distance == T(0) || (p < T(1) && d == T(0))) return T(0);
    const T sign = static_cast<T>((d > T(0)) - (d < T(0)));
    return sign * std::pow(std::abs(d), p - T(1)) / std::pow(distance, p - T(1));
  }
};

template <class F>
void with_norm(ScalarType dtype, const char* name, double p, const F& f) {
  dispatch_float_double(dtype, name, [&](auto tag) {
    using T = decltype(tag);
    if (p == 0) return f(ZeroNorm<T>{}, tag);
    if (p == 1) return f(OneNorm<T>{}, tag);
    if (p == 2) return f(TwoNorm<T>{}, tag);
    if (std::isinf(p)) return f(MaxNorm<T>{}, tag);
    f(PowerNorm<T>{static_cast<T>(p)}, tag);
  });
}

template <class T, class Norm>
T row_distance(const Norm& norm, const T* a, const T* b, int64_t m) {
  T sum = 0;
  for (int64_t i = 0; i < m; ++i) sum = norm.add(sum, std::abs(a[i] - b[i]));
  return norm.finish(sum);
}

template <class T, class Norm>
void add_slopes(const Norm& norm, T* to, const T* a, const T* b, int64_t m, T grad, T distance) {
  for (int64_t i = 0; i < m; ++i) to[i] += grad * norm.slope(a[i] - b[i], distance);
}

int64_t rows_per_thread(int64_t work_per_row) {
  return std::max<int64_t>(1, kGrainSize / std::max<int64_t>(1, work_per_row));
}

void cdist_kernel(const TensorBase& out, const TensorBase& x1, const TensorBase& x2, double p) {
  const int64_t rows1 = x1.size(1), rows2 = x2.size(1), m = x1.size(2);
  with_norm(x1.scalar_type(), "cdist", p, [&](const auto& norm, auto tag) {
    using T = decltype(tag);
    const T *a = x1.const_data_ptr<T>(), *b = x2.const_data_ptr<T>();
    T* result = out.mutable_data_ptr<T>();
    parallel_for(0, x1.size(0) * rows1, rows_per_thread(rows2 * m), [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        const T* batch = b + row / rows1 * rows2 * m;
        for (int64_t j = 0; j < rows2; ++j) result[row * rows2 + j] = row_distance(norm, a + row * m, batch + j * m, m);
      }
    });
  });
}

void cdist_backward_kernel(const TensorBase& grad_x1, const TensorBase& grad, const TensorBase& x1,
                           const TensorBase& x2, double p, const TensorBase& distances) {
  const int64_t rows1 = x1.size(1), rows2 = x2.size(1), m = x1.size(2);
  with_norm(x1.scalar_type(), "cdist_backward", p, [&](const auto& norm, auto tag) {
    using T = decltype(tag);
    const T *a = x1.const_data_ptr<T>(), *b = x2.const_data_ptr<T>(), *g = grad.const_data_ptr<T>(),
            *d = distances.const_data_ptr<T>();
    T* result = grad_x1.mutable_data_ptr<T>();
    parallel_for(0, x1.size(0) * rows1, rows_per_thread(rows2 * m), [&](int64_t begin, int64_t end) {
      std::fill(result + begin * m, result + end * m, T(0));
      for (int64_t row = begin; row < end; ++row) {
        const T* batch = b + row / rows1 * rows2 * m;
        for (int64_t j = 0; j < rows2; ++j)
          add_slopes(norm, result + row * m, a + row * m, batch + j * m, m, g[row * rows2 + j], d[row * rows2 + j]);
      }
    });
  });
}

// Position of the pair (i, i + 1).
int64_t first_pair(int64_t i, int64_t n) { return i * (2 * n - i - 1) / 2; }

void pdist_kernel(const TensorBase& out, const TensorBase& self, double p) {
  const int64_t n = self.size(0), m = self.size(1);
  with_norm(self.scalar_type(), "pdist", p, [&](const auto& norm, auto tag) {
    using T = decltype(tag);
    const T* a = self.const_data_ptr<T>();
    T* result = out.mutable_data_ptr<T>();
    parallel_for(0, n, rows_per_thread(n * m / 2), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        T* row = result + first_pair(i, n);
        for (int64_t j = i + 1; j < n; ++j) row[j - i - 1] = row_distance(norm, a + i * m, a + j * m, m);
      }
    });
  });
}

void pdist_backward_kernel(const TensorBase& grad_self, const TensorBase& grad, const TensorBase& self, double p,
                           const TensorBase& distances) {
  const int64_t n = self.size(0), m = self.size(1);
  with_norm(self.scalar_type(), "pdist_backward", p, [&](const auto& norm, auto tag) {
    using T = decltype(tag);
    const T *a = self.const_data_ptr<T>(), *g = grad.const_data_ptr<T>(), *d = distances.const_data_ptr<T>();
    T* result = grad_self.mutable_data_ptr<T>();
    // Every thread sums all pairs of its own rows.
    parallel_for(0, n, rows_per_thread(n * m), [&](int64_t begin, int64_t end) {
      std::fill(result + begin * m, result + end * m, T(0));
      for (int64_t i = begin; i < end; ++i) {
        for (int64_t j = 0; j < n; ++j) {
          if (i == j) continue;
          const int64_t pair = first_pair(std::min(i, j), n) + std::abs(i - j) - 1;
          add_slopes(norm, result + i * m, a + i * m, a + j * m, m, g[pair], d[pair]);
        }
      }
    });
  });
}

using namespace native;  // NOLINT: the stubs below
REGISTER_STUB(cdist_stub, DeviceType::CPU, &cdist_kernel);
REGISTER_STUB(cdist_backward_stub, DeviceType::CPU, &cdist_backward_kernel);
REGISTER_STUB(pdist_stub, DeviceType::CPU, &pdist_kernel);
REGISTER_STUB(pdist_backward_stub, DeviceType::CPU, &pdist_backward_kernel);

}  // namespace
}  // namespace tiny_torch::cpu
