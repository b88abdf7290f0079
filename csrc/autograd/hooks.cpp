#include "autograd/hooks.h"

namespace tiny_torch::autograd {

TensorHook::~TensorHook() = default;
FunctionPreHook::~FunctionPreHook() = default;
FunctionPostHook::~FunctionPostHook() = default;
PostAccumulateGradHook::~PostAccumulateGradHook() = default;
SavedVariableHooks::~SavedVariableHooks() = default;
AnomalyMetadata::~AnomalyMetadata() = default;

}  // namespace tiny_torch::autograd
