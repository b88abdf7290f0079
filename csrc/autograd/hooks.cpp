#include "autograd/hooks.h"

namespace tiny_torch::autodiff {

TensorHook::~TensorHook() = default;
FunctionPreHook::~FunctionPreHook() = default;
FunctionPostHook::~FunctionPostHook() = default;
PostAccumulateGradHook::~PostAccumulateGradHook() = default;
SavedVariableHooks::~SavedVariableHooks() = default;
AnomalyMetadata::~AnomalyMetadata() = default;

}  // namespace tiny_torch::autodiff
