// A handful of recorded operations over raw float64 data, so that the autograd core is tested without the operators.
#pragma once

#include <cmath>

#include "autograd/autograd.h"
#include "autograd/engine_ops.h"
#include "autograd/kernel_support.h"

namespace toy {

using namespace tiny_torch;
using namespace tiny_torch::autodiff;

inline double& at(const TensorBase& t, int64_t flat) {
  int64_t offset = 0;
  for (int64_t d = t.dim(); d-- > 0;) {
    offset += flat % t.sizes()[d] * t.strides()[d];
    flat /= t.sizes()[d];
  }
  return t.data_ptr<double>()[offset];
}
inline std::vector<double> values(const TensorBase& t) {
  std::vector<double> v;
  for (int64_t i = 0; i < t.numel(); ++i) v.push_back(at(t, i));
  return v;
}
inline TensorBase tensor(IntArrayRef sizes, const std::vector<double>& v, bool requires_grad = false) {
  TensorBase t = empty_tensor(sizes, kDouble);
  for (int64_t i = 0; i < t.numel(); ++i) at(t, i) = v[static_cast<size_t>(i) % v.size()];
  if (requires_grad) set_requires_grad(t, true);
  return t;
}
template <class F>
TensorBase raw_map(const TensorBase& a, F f) {
  TensorBase r = empty_tensor(a.sizes(), kDouble);
  for (int64_t i = 0; i < a.numel(); ++i) at(r, i) = f(at(a, i));
  return r;
}
/// Broadcasts a 0-d operand.
template <class F>
TensorBase raw_zip(const TensorBase& a, const TensorBase& b, F f) {
  TensorBase r = empty_tensor(a.dim() >= b.dim() ? a.sizes() : b.sizes(), kDouble);
  for (int64_t i = 0; i < r.numel(); ++i) at(r, i) = f(at(a, a.numel() == 1 ? 0 : i), at(b, b.numel() == 1 ? 0 : i));
  return r;
}

TensorBase add(const TensorBase& a, const TensorBase& b);
TensorBase mul(const TensorBase& a, const TensorBase& b);
TensorBase exp(const TensorBase& a);
TensorBase sum(const TensorBase& a);
TensorBase expand(const TensorBase& a, IntArrayRef sizes);
TensorBase as_strided(const TensorBase& a, IntArrayRef sizes, IntArrayRef strides, int64_t offset);
TensorBase row(const TensorBase& a, int64_t i);
TensorBase& mul_(TensorBase& a, const TensorBase& b);
TensorBase& add_(TensorBase& a, const TensorBase& b);
TensorBase& copy_(TensorBase& a, const TensorBase& b);
TensorBase clone(const TensorBase& a);
/// Points engine_ops() at the operations above for a scope.
class Install {
 public:
  Install();
  ~Install();

 private:
  EngineOps saved_;
};

}  // namespace toy
