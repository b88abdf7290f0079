#pragma once

#include "c10/errors.h"

namespace tiny_torch {

/// A device whose backend is not part of this build or process; Python's AssertionError, as in PyTorch.
class TORCH_API NotCompiledError : public Error {
 public:
  using Error::Error;
  ~NotCompiledError() override;
};

}  // namespace tiny_torch
