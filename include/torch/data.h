// torch::data: datasets, transforms, samplers and the data loader.
#pragma once

#include <torch/types.h>

#include "api/data/dataloader.h"
#include "api/data/datasets/chunk.h"
#include "api/data/datasets/mnist.h"
#include "api/data/transforms/transforms.h"

namespace torch::data {
using namespace ::tiny_torch::frontend::data;  // NOLINT
namespace datasets {
using namespace ::tiny_torch::frontend::data::datasets;  // NOLINT
}
namespace samplers {
using namespace ::tiny_torch::frontend::data::samplers;  // NOLINT
}
namespace transforms {
using namespace ::tiny_torch::frontend::data::transforms;  // NOLINT
}
}  // namespace torch::data
