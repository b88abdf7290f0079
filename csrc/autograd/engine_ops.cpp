#include "autograd/engine_ops.h"

namespace tiny_torch::autograd {

EngineOps& engine_ops() {
  static EngineOps ops{};
  return ops;
}

}  // namespace tiny_torch::autograd
