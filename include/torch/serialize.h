// torch::save and torch::load.
#pragma once

#include <torch/types.h>

#include "api/serialize.h"

namespace torch::serialize {
using namespace ::tiny_torch::frontend::serialize;  // NOLINT
}  // namespace torch::serialize
