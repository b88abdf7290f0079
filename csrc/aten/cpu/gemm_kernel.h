// The ordered list of CPU implementations of gemm; libraries put themselves in front.
#pragma once

#include "aten/native/gemm.h"

namespace tiny_torch::cpu {

struct GemmImplementation {
  const char* name;
  /// False, with a reason, when it does not take the call; then the next one is asked.
  bool (*run)(const native::GemmCall& call, const char** reason);
  /// Null, or packs call.b for itself where it would take the call and gain from it.
  bool (*pack)(const native::GemmCall& call, native::PackedMatrix& packed) = nullptr;
};

/// Called by initialisers of other files; the last one added is asked first.
TORCH_API void add_gemm_implementation(GemmImplementation implementation);

}  // namespace tiny_torch::cpu
