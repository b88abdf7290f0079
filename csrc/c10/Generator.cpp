#include "c10/Generator.h"

namespace tiny_torch {
GeneratorImpl::~GeneratorImpl() = default;
}  // namespace tiny_torch
