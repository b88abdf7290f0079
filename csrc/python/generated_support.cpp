#include "python/generated_support.h"

#include "autograd/AutogradMeta.h"
#include "python/deprecated.h"

namespace tiny_torch {
namespace python {

TensorBase with_requires_grad(TensorBase t, bool requires_grad) {
  if (requires_grad) autodiff::set_requires_grad(t, true);
  return t;
}

bool warn_deprecated(const char* name, const char* order) {
  TORCH_WARN("This overload of ", name, " is deprecated: ", name, "(", order,
             "). Give the numbers by their names, after the tensors.");
  return true;
}

void add_function_namespace(PyObject* module, const char* name, PyMethodDef* functions) {
  // A module object, because builtin functions found in it do not become methods.
  const PyRef full_name(check(PyUnicode_FromFormat("torch._C.%s", name)));
  const PyRef made(check(PyModule_NewObject(full_name.get())));
  check(PyModule_AddFunctions(made.get(), functions));
  check(PyObject_SetAttrString(module, name, made.get()));
}

}  // namespace python
}  // namespace tiny_torch
