#include "python/Tensor.h"

namespace tiny_torch {
namespace python {
void init_tensor_slots(PyTypeObject&) {}
}  // namespace python
}  // namespace tiny_torch
