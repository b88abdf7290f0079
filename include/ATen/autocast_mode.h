// at::autocast: automatic mixed precision for the calling thread.
//
// Example:
//   at::autocast::set_autocast_enabled(at::kCPU, true);
//   torch::Tensor y = torch::mm(a, b);  // bfloat16 for float32 a and b
//   at::autocast::clear_cache();
//   at::autocast::set_autocast_enabled(at::kCPU, false);
#pragma once

#include <torch/types.h>

#include "autograd/autocast_mode.h"

namespace at::autocast {
using namespace ::tiny_torch::autocast;  // NOLINT
}  // namespace at::autocast
namespace torch::autocast {
using namespace ::tiny_torch::autocast;  // NOLINT
}  // namespace torch::autocast
