#include "c10/intrusive_ptr.h"

namespace tiny_torch {
intrusive_ptr_target::~intrusive_ptr_target() = default;
}  // namespace tiny_torch
