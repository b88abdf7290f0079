// torch::nn: modules, their functions, initialisers and utilities.
#pragma once

#include <torch/types.h>

#include "api/nn/init.h"
#include "api/nn/module.h"
#include "api/nn/modules/activation.h"
#include "api/nn/modules/adaptive.h"
#include "api/nn/modules/bilinear.h"
#include "api/nn/modules/container/lists.h"
#include "api/nn/modules/container/sequential.h"
#include "api/nn/modules/conv.h"
#include "api/nn/modules/linear.h"
#include "api/nn/modules/loss.h"
#include "api/nn/modules/margin_loss.h"
#include "api/nn/modules/normalization.h"
#include "api/nn/modules/pooling.h"
#include "api/nn/modules/rectifier.h"
#include "api/nn/modules/rnn.h"
#include "api/nn/modules/transformer.h"
#include "api/nn/modules/vision.h"
#include "api/nn/utils/gradients.h"

// Opened here so that programs may open them again without hiding what is in them.
namespace torch::nn {
using namespace ::tiny_torch::frontend::nn;  // NOLINT
namespace functional {
using namespace ::tiny_torch::frontend::nn::functional;  // NOLINT
}
namespace init {
using namespace ::tiny_torch::frontend::nn::init;  // NOLINT
}
namespace utils {
using namespace ::tiny_torch::frontend::nn::utils;  // NOLINT
namespace rnn {
using namespace ::tiny_torch::frontend::nn::utils::rnn;  // NOLINT
}
}  // namespace utils
}  // namespace torch::nn
