// Context: what this build can do, and settings of the whole process, as libtorch programs ask at::globalContext() for them.
//
// Contract: settings may be read and written by any thread. Each of them is kept for those who ask; no kernel of this library
// needs one, since all of them are exact and give the same result in every run.
// Example: `if (at::globalContext().hasCUDA()) at::globalContext().setBenchmarkCuDNN(true);`
#pragma once

#include <atomic>
#include <string_view>

#include "c10/Generator.h"

namespace tiny_torch {

enum class Float32MatmulPrecision : uint8_t { HIGHEST, HIGH, MEDIUM };
/// "highest", "high", "medium".
TORCH_API const char* to_string(Float32MatmulPrecision precision);

class TORCH_API Context {
 public:
  Context() = default;
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  static bool hasCUDA();
  static bool hasCuDNN() { return false; }
  static bool hasMKL() { return false; }
  /// oneDNN.
  static bool hasMKLDNN();
  static bool hasOpenMP();
  /// Whether there is a LAPACK for linear algebra, looked for when this or an operator first asks.
  static bool hasLAPACK();
  /// RuntimeError unless `device` is the CPU.
  const Generator& defaultGenerator(Device device = Device()) const;

  bool deterministicAlgorithms() const { return deterministic_; }
  bool deterministicAlgorithmsWarnOnly() const { return deterministic_warn_only_; }
  void setDeterministicAlgorithms(bool enabled, bool warn_only = false) {
    deterministic_ = enabled;
    deterministic_warn_only_ = warn_only;
  }
  Float32MatmulPrecision float32MatmulPrecision() const { return float32_matmul_precision_; }
  void setFloat32MatmulPrecision(Float32MatmulPrecision precision) { float32_matmul_precision_ = precision; }
  /// "highest", "high" or "medium"; RuntimeError for anything else.
  void setFloat32MatmulPrecision(std::string_view name);

#define TINY_TORCH_SWITCH(getter, setter, member, initially) \
  bool getter() const { return member; }                     \
  void setter(bool enabled) { member = enabled; }            \
                                                             \
 private:                                                    \
  std::atomic<bool> member{initially};                       \
                                                             \
 public:
  TINY_TORCH_SWITCH(userEnabledCuDNN, setUserEnabledCuDNN, cudnn_enabled_, true)
  TINY_TORCH_SWITCH(benchmarkCuDNN, setBenchmarkCuDNN, cudnn_benchmark_, false)
  TINY_TORCH_SWITCH(deterministicCuDNN, setDeterministicCuDNN, cudnn_deterministic_, false)
  TINY_TORCH_SWITCH(allowTF32CuDNN, setAllowTF32CuDNN, cudnn_tf32_, true)
  TINY_TORCH_SWITCH(allowTF32CuBLAS, setAllowTF32CuBLAS, cublas_tf32_, false)
  TINY_TORCH_SWITCH(userEnabledMkldnn, setUserEnabledMkldnn, mkldnn_enabled_, true)
#undef TINY_TORCH_SWITCH

 private:
  std::atomic<bool> deterministic_{false}, deterministic_warn_only_{false};
  std::atomic<Float32MatmulPrecision> float32_matmul_precision_{Float32MatmulPrecision::HIGHEST};
};

TORCH_API Context& globalContext();
inline bool hasCUDA() { return Context::hasCUDA(); }
inline bool hasMKL() { return Context::hasMKL(); }
inline bool hasMKLDNN() { return Context::hasMKLDNN(); }
inline bool hasOpenMP() { return Context::hasOpenMP(); }
inline bool hasLAPACK() { return Context::hasLAPACK(); }

}  // namespace tiny_torch
