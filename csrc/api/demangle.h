// Readable names of C++ types, with the namespace our users write.
#pragma once

#include <string>
#include <typeinfo>

#include "c10/macros.h"

namespace tiny_torch::detail {
/// "torch::nn::LinearImpl" for the class behind that name; the compiler's own name where it can't be read.
TORCH_API std::string type_name(const std::type_info& type);
}  // namespace tiny_torch::detail
