#include "aten/cpu/simd/dispatch.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <string_view>

#include "generated/config.h"

namespace tiny_torch::simd {

Capability best_capability() {
#if TINY_TORCH_HAVE_HIGHWAY && defined(__GNUC__) && defined(__x86_64__)
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") &&
                    __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("f16c");
  const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw");
  return avx512 ? Capability::Avx512 : avx2 ? Capability::Avx2 : Capability::Default;
#else
  return Capability::Default;
#endif
}

namespace {
Capability initial_capability() {
  const char* wanted = std::getenv("TINY_TORCH_CPU_CAPABILITY");
  const std::string_view name = wanted ? wanted : "";
  const Capability limit = name == "default" ? Capability::Default
                           : name == "avx2"  ? Capability::Avx2
                                             : Capability::Avx512;
  return std::min(limit, best_capability());
}

std::atomic<int> g_capability{-1};
}  // namespace

Capability capability() {
  int c = g_capability.load(std::memory_order_relaxed);
  if (c < 0) {
    c = static_cast<int>(initial_capability());
    g_capability.store(c, std::memory_order_relaxed);
  }
  return static_cast<Capability>(c);
}

Capability set_capability(Capability c) {
  const Capability now = std::min(c, best_capability());
  g_capability.store(static_cast<int>(now), std::memory_order_relaxed);
  return now;
}

}  // namespace tiny_torch::simd
