// Matrix products on the CPU: the list of implementations, best first, and the reference that takes everything.
#include "aten/cpu/gemm_kernel.h"

#include <vector>

#include "aten/core/Dispatch.h"
#include "aten/core/verbose.h"
#include "aten/core/wrapping.h"
#include "c10/parallel.h"

namespace tiny_torch::cpu {
namespace {

using native::GemmCall;
using native::PackedMatrix;

// A product of one batch entry, strides in elements.
template <class T>
struct Matrix {
  const T* data;
  int64_t row, col;
  T at(int64_t i, int64_t j) const { return data[i * row + j * col]; }
};

template <class T>
constexpr bool kRounds = std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>;

// Rows are accumulated in the compute type: k outermost keeps the inner loop over contiguous output and b.
template <class T>
void ref_rows(const Matrix<T>& a, const Matrix<T>& b, T* out, int64_t begin, int64_t end, int64_t k, int64_t m,
              const T* bias, wrapping_t<T> beta, wrapping_t<T> alpha) {
  using Acc = wrapping_t<T>;
  constexpr int64_t kSmall = 64;
  Acc small[kSmall];
  std::vector<Acc> large(m <= kSmall ? 0 : static_cast<size_t>(m));
  Acc* row = m <= kSmall ? small : large.data();
  for (int64_t i = begin; i < end; ++i) {
    std::fill(row, row + m, Acc(0));
    for (int64_t p = 0; p < k; ++p) {
      const Acc left = static_cast<Acc>(a.at(i, p));
      for (int64_t j = 0; j < m; ++j) row[j] += left * static_cast<Acc>(b.at(p, j));
    }
    T* to = out + i * m;
    for (int64_t j = 0; j < m; ++j) {
      Acc value = alpha * row[j];
      if (bias != nullptr) value += static_cast<Acc>(bias[j]);
      // A beta of zero must not let nan in from uninitialised memory.
      if (!(beta == Acc(0))) value += beta * static_cast<Acc>(to[j]);
      to[j] = static_cast<T>(value);
    }
  }
}

template <class T>
void ref_gemm_typed(const GemmCall& call) {
  const bool batched = call.a.dim() == 3;
  const int64_t batch = batched ? call.a.size(0) : 1;
  const int64_t n = call.a.size(-2), k = call.a.size(-1), m = call.b.size(-1);
  TensorBase bias_holder;
  const T* bias = nullptr;
  if (call.bias.defined()) {
    bias_holder = call.bias;
    bias = static_cast<const T*>(bias_holder.const_data_ptr());
  }
  const int64_t bias_stride = call.bias.defined() ? call.bias.stride(0) : 0;
  std::vector<T> dense_bias;
  if (bias != nullptr && bias_stride != 1) {
    for (int64_t j = 0; j < m; ++j) dense_bias.push_back(bias[j * bias_stride]);
    bias = dense_bias.data();
  }
  const T* a = static_cast<const T*>(call.a.const_data_ptr());
  const T* b = static_cast<const T*>(call.b.const_data_ptr());
  T* out = static_cast<T*>(call.out.mutable_data_ptr());
  const auto beta = static_cast<wrapping_t<T>>(call.beta.to<opmath_t<T>>());
  const auto alpha = static_cast<wrapping_t<T>>(call.alpha.to<opmath_t<T>>());
  const int64_t grain = std::max<int64_t>(1, 65536 / std::max<int64_t>(1, k * m));
  parallel_for(0, batch * n, grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end;) {
      const int64_t which = i / n, first = i % n, last = std::min(n, first + end - i);
      const Matrix<T> left{a + (batched ? which * call.a.stride(0) : 0), call.a.stride(-2), call.a.stride(-1)};
      const Matrix<T> right{b + (batched ? which * call.b.stride(0) : 0), call.b.stride(-2), call.b.stride(-1)};
      ref_rows<T>(left, right, out + which * n * m, first, last, k, m, bias, beta, alpha);
      i += last - first;
    }
  });
}

bool ref_gemm(const GemmCall& call, const char**) {
  dispatch_all_types(call.out.scalar_type(), "addmm_impl_cpu_", [&](auto tag) {
    using T = decltype(tag);
    if constexpr (!std::is_same_v<T, bool>) {
      ref_gemm_typed<T>(call);
    } else {
      detail::throw_not_implemented("\"addmm_impl_cpu_\" not implemented for 'Bool'");
    }
  });
  return true;
}

std::vector<GemmImplementation>& implementations() {
  static std::vector<GemmImplementation> list = {{"ref_gemm", &ref_gemm, nullptr}};
  return list;
}

void gemm_kernel(const GemmCall& call) {
  for (const GemmImplementation& candidate : implementations()) {
    const char* reason = nullptr;
    if (candidate.run(call, &reason)) return;
    if (verbose_dispatch()) log_refusal("gemm", candidate.name, reason);
  }
}

void gemm_pack_kernel(const GemmCall& call, PackedMatrix& packed) {
  for (const GemmImplementation& candidate : implementations()) {
    if (candidate.pack != nullptr && candidate.pack(call, packed)) return;
  }
}

}  // namespace

void add_gemm_implementation(GemmImplementation implementation) {
  implementations().insert(implementations().begin(), implementation);
}

namespace {
using native::gemm_pack_stub;
using native::gemm_stub;
REGISTER_STUB(gemm_stub, DeviceType::CPU, &gemm_kernel);
REGISTER_STUB(gemm_pack_stub, DeviceType::CPU, &gemm_pack_kernel);
}  // namespace
}  // namespace tiny_torch::cpu
