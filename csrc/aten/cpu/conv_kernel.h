// The ordered list of CPU implementations of convolution; libraries put themselves in front.
#pragma once

#include "aten/native/conv.h"

namespace tiny_torch::cpu {

struct ConvImplementation {
  const char* name;
  /// False, with a reason, when it does not take the call; then the next one is asked.
  bool (*run)(const native::ConvCall& call, const char** reason);
};

/// Called by initialisers of other files; the last one added is asked first.
TORCH_API void add_conv_implementation(ConvImplementation implementation);

}  // namespace tiny_torch::cpu
